import { type Command, exitCodes, type Terminal } from './command.ts'
import { deliveries } from './deliveries.ts'
import { delivery } from './delivery.ts'
import { helpOf, overview } from './help.ts'
import { jobs } from './jobs.ts'
import { keys } from './keys.ts'
import { listen } from './listen.ts'
import { Misuse, nearest, readOptions } from './options.ts'
import { parked } from './parked.ts'
import { replay } from './replay.ts'
import { requests } from './requests.ts'
import { trigger } from './trigger.ts'

const commands: readonly Command[] = [trigger, listen, requests, deliveries, delivery, replay, parked, jobs, keys]

/** Runs the command that the words name; answers the exit code. */
export async function run(words: readonly string[], version: string, terminal: Terminal): Promise<number> {
  const [name, ...rest] = words
  if (name === '--version') {
    terminal.say(version)
    return exitCodes.done
  }
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const wanted = commands.find((each) => each.name === rest[0])
    terminal.say(wanted ? helpOf(wanted) : overview(commands))
    return exitCodes.done
  }
  const command = commands.find((each) => each.name === name)
  if (!command) {
    const near = nearest(
      name,
      commands.map((each) => each.name),
    )
    terminal.complain(`trunkline: there is no such command${near === undefined ? '' : `; did you mean "${near}"?`}`)
    terminal.complain(overview(commands))
    return exitCodes.misused
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.say(helpOf(command))
    return exitCodes.done
  }
  try {
    const { values, operands } = readOptions(rest, command.options, command.operands)
    return await command.run(values, operands, terminal)
  } catch (error) {
    if (!(error instanceof Misuse)) throw error
    terminal.complain(`trunkline ${name}: ${error.message}`)
    terminal.complain(`See "trunkline ${name} --help".`)
    return exitCodes.misused
  }
}
