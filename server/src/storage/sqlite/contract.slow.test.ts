import { openTestSqlite } from '../exercise/open-sqlite.ts'
import { exerciseStorage } from '../exercise.ts'

exerciseStorage('SQLite', () => openTestSqlite())
