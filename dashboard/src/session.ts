/** The API key lives as long as the tab: other tabs, and the next start of the browser, ask for it again. */
const name = 'trunkline.api-key'

export const session = {
  key: (): string | undefined => sessionStorage.getItem(name) ?? undefined,
  keep: (key: string): void => sessionStorage.setItem(name, key),
  forget: (): void => sessionStorage.removeItem(name),
}
