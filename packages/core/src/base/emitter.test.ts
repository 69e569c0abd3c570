import { describe, expect, it } from 'vitest'
import { Emitter } from './emitter.ts'

interface Heard {
  said: [word: string, times: number]
  left: []
}

function createEmitter() {
  const failed: unknown[] = []
  return { failed, emitter: new Emitter<Heard>((error, event) => failed.push([event, (error as Error).message])) }
}

describe('an emitter', () => {
  it('tells every listener of an event, in the order in which they came, and nobody else', () => {
    const { emitter } = createEmitter()
    const told: unknown[] = []
    emitter.on('said', (word, times) => told.push([1, word, times]))
    emitter.on('said', (word) => told.push([2, word]))
    emitter.on('left', () => told.push('left'))
    emitter.emit('said', 'hello', 3)
    expect(told).toEqual([
      [1, 'hello', 3],
      [2, 'hello'],
    ])
  })

  it('removes what `on` added, once and for itself, also where one function listens twice', () => {
    const { emitter } = createEmitter()
    let told = 0
    const listener = (): void => void told++
    const remove = emitter.on('left', listener)
    emitter.on('left', listener)
    remove()
    remove()
    emitter.emit('left')
    expect([told, emitter.listenerCount('left')]).toEqual([1, 1])
  })

  it('tells `once` once, also when it is told again meanwhile', () => {
    const { emitter } = createEmitter()
    let told = 0
    emitter.once('left', () => {
      told++
      emitter.emit('left')
    })
    emitter.emit('left')
    expect([told, emitter.listenerCount('left')]).toEqual([1, 0])
  })

  it('says what an async listener rejects with, and waits for none', async () => {
    const { emitter, failed } = createEmitter()
    emitter.on('left', async () => {
      await Promise.resolve()
      throw new Error('late')
    })
    emitter.once('left', async () => await Promise.reject(new Error('once')))
    emitter.emit('left')
    expect(failed).toEqual([])
    await new Promise((resolve) => setTimeout(resolve))
    expect(new Set(failed)).toEqual(
      new Set([
        ['left', 'late'],
        ['left', 'once'],
      ]),
    )
  })

  it('tells `once` once, also when an earlier listener tells the event again', () => {
    const { emitter } = createEmitter()
    const told: string[] = []
    emitter.once('left', () => {
      told.push('first')
      emitter.emit('left')
    })
    emitter.once('left', () => void told.push('second'))
    emitter.emit('left')
    expect([told, emitter.listenerCount('left')]).toEqual([['first', 'second'], 0])
  })

  it('tells all that listened when the event was told, whoever is removed or comes in the middle', () => {
    for (const others of [0, 1, 2]) {
      const { emitter } = createEmitter()
      const told: string[] = []
      const removes: (() => void)[] = []
      emitter.on('left', () => {
        told.push('first')
        for (const remove of removes.splice(0)) remove()
        emitter.on('left', () => void told.push('late'))
      })
      for (let i = 0; i < others; i++) removes.push(emitter.on('left', () => void told.push(`other ${i}`)))
      emitter.emit('left')
      expect(told).toEqual(['first', 'other 0', 'other 1'].slice(0, 1 + others))
      told.length = 0
      emitter.emit('left')
      expect(told).toEqual(['first', 'late'])
    }
  })

  it('tells events of any name, and of a name that nobody listens to nobody', () => {
    const emitter = new Emitter<Record<string, []>>(() => undefined)
    const told: string[] = []
    for (const name of ['__proto__', 'constructor', 'toString', '']) emitter.on(name, () => void told.push(name))
    for (const name of ['__proto__', 'constructor', 'toString', '', 'hasOwnProperty']) emitter.emit(name)
    expect(told).toEqual(['__proto__', 'constructor', 'toString', ''])
  })

  it('goes on when a listener throws, and says what it threw', () => {
    const { emitter, failed } = createEmitter()
    let told = 0
    emitter.on('left', () => {
      throw new Error('mine')
    })
    emitter.on('left', () => void told++)
    emitter.emit('left')
    expect(told).toBe(1)
    expect(failed).toEqual([['left', 'mine']])
  })

  it('a listener that comes while an event is told hears the next one', () => {
    const { emitter } = createEmitter()
    let told = 0
    emitter.once('left', () => void emitter.on('left', () => void told++))
    emitter.emit('left')
    expect(told).toBe(0)
    emitter.emit('left')
    expect(told).toBe(1)
  })

  it('a signal removes a listener and leaves nothing at the signal; an aborted one adds none', () => {
    const { emitter } = createEmitter()
    const controller = new AbortController()
    let told = 0
    emitter.on('left', () => void told++, { signal: controller.signal })
    emitter.emit('left')
    controller.abort()
    emitter.emit('left')
    expect(emitter.listenerCount('left')).toBe(0)
    emitter.on('left', () => void told++, { signal: controller.signal })
    emitter.once('left', () => void told++, { signal: controller.signal })
    emitter.emit('left')
    expect([told, emitter.listenerCount('left')]).toEqual([1, 0])
  })

  it('removeAll leaves nothing on signals that live on', () => {
    const { emitter } = createEmitter()
    const { signal } = new AbortController()
    let listening = 0
    signal.addEventListener = () => void listening++
    signal.removeEventListener = () => void listening--
    emitter.on('left', () => undefined, { signal })
    emitter.once('said', () => undefined, { signal })
    expect(listening).toBe(2)
    emitter.removeAll()
    expect(listening).toBe(0)
  })

  it('removeAll leaves nobody', () => {
    const { emitter } = createEmitter()
    let told = 0
    emitter.on('left', () => void told++)
    emitter.on('said', () => void told++)
    emitter.removeAll()
    emitter.emit('left')
    emitter.emit('said', 'x', 1)
    expect(told).toBe(0)
  })
})
