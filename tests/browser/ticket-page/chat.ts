// What the page and the target behind the bridge say to each other.
import { defineProtocol, message, type Protocol, text } from '@peerwire/core'

const messages = { say: message(0, text) }

export const chat: Protocol<typeof messages> = defineProtocol({ name: 'chat', version: 1, messages })
