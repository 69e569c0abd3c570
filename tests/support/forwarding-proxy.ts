// A reverse proxy that names where its visitor comes from.
import { connect, createServer, type AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A proxy as any host has one: it says where the visitor comes from. Answers its port. */
export async function startForwardingProxy(port: number, forwarded: string): Promise<number> {
  const proxy = createServer((visitor) => {
    const behind = connect(port, '127.0.0.1')
    for (const [one, other] of [[visitor, behind] as const, [behind, visitor] as const]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    }
    visitor.once('data', (head: Buffer) => {
      behind.write(head.toString('latin1').replace('\r\n', `\r\nX-Forwarded-For: ${forwarded}\r\n`), 'latin1')
      visitor.pipe(behind).pipe(visitor)
    })
  })
  onTestFinished(() => void proxy.close())
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return (proxy.address() as AddressInfo).port
}
