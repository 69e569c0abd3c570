// Who answers what TXT records a name has; injected, for a page has no DNS, and nobody who answers is trusted.

export interface Resolver {
  /**
   * The TXT records of a name, each put together from its strings; none when the name has none.
   *
   * @throws {Error} when nobody could be asked
   */
  texts(name: string, signal: AbortSignal): Promise<readonly string[]>
}
