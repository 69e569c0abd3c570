// The protocol of the hello world, known to both ends.
import { defineProtocol, message, text } from '@peerwire/core'
export const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
