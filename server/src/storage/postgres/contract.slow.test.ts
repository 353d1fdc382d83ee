import { openTestPostgres } from '../exercise/open-postgres.ts'
import { exerciseStorage } from '../exercise.ts'

exerciseStorage('PostgreSQL', () => openTestPostgres())
