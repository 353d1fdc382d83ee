import { describe } from 'vitest'
import { surviveStoreLoss } from './store-loss.ts'
