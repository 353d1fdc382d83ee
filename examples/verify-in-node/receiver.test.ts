import { exerciseReceiver } from '../exercise-receiver.ts'

exerciseReceiver('verify-in-node/receiver.mjs', { language: 'js', command: process.execPath })
