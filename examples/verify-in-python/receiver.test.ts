import { exerciseReceiver } from '../exercise-receiver.ts'

exerciseReceiver('verify-in-python/receiver.py', { language: 'python', command: 'python3' })
