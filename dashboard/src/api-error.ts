/** The server said no, or nothing. */
export class ApiError extends Error {
  /** 0 when no answer came. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.status = status
  }
}
