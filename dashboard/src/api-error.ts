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

/** Nothing answered, or a server that says it will be back. */
export const isPassing = ({ status }: ApiError): boolean => status === 0 || status >= 500
