// The addresses of this machine's network interfaces, where a program can't know them.

/** IP addresses as text: none. */
export function interfaceHosts(): readonly string[] {
  return []
}
