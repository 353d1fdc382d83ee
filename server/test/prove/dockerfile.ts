import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** One line of a Dockerfile: `RUN npm ci` is the instruction RUN with the rest `npm ci`. */
export interface Step {
  instruction: string
  rest: string
}

/** What the last stage of a Dockerfile made, in a folder that stands for its file system. */
export interface Image {
  folder: string
  workFolder: string
  environment: Record<string, string>
  user: string
  /** The program of CMD and of HEALTHCHECK. */
  command: readonly string[]
  healthCheck: string
}

/** The instructions of each stage, comments and line ends taken out. */
export function readStages(dockerfile: string): { name: string; steps: Step[] }[] {
  const stages: { name: string; steps: Step[] }[] = []
  const lines = dockerfile
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? []
    if (instruction === 'FROM') stages.push({ name: /\bAS (\S+)$/.exec(rest)?.[1] ?? 'last', steps: [] })
    else stages.at(-1)?.steps.push({ instruction, rest })
  }
  return stages
}

/**
 * Takes the steps of a Dockerfile in folders, one a stage: what COPY, WORKDIR, ENV and the like do is done here, commands
 * are given to `run`. The user is not changed, and commands that need the users of the image are passed over.
 */
export async function makeImage(
  { context, dockerfile, folder }: { context: string; dockerfile: string; folder: string },
  run: (command: string, cwd: string, environment: Record<string, string>) => Promise<void>,
): Promise<Image> {
  let image: Image | undefined
  for (const { name, steps } of readStages(dockerfile)) {
    const made: Image = {
      folder: join(folder, name),
      workFolder: join(folder, name),
      environment: {},
      user: 'root',
      command: [],
      healthCheck: '',
    }
    mkdirSync(made.folder)
    for (const step of steps) await take(step, made, { context, folder, run })
    image = made
  }
  if (!image) throw new Error('the Dockerfile has no stage')
  return image
}

async function take(
  { instruction, rest }: Step,
  image: Image,
  { context, folder, run }: { context: string; folder: string; run: Parameters<typeof makeImage>[1] },
): Promise<void> {
  switch (instruction) {
    case 'WORKDIR':
      image.workFolder = join(image.folder, rest)
      mkdirSync(image.workFolder, { recursive: true })
      return
    case 'ENV':
      image.environment[rest.slice(0, rest.indexOf('='))] = rest.slice(rest.indexOf('=') + 1)
      return
    case 'USER':
      image.user = rest
      return
    case 'COPY':
      return copy(rest, image, context, folder)
    case 'RUN':
      return /^install -d -o node /.test(rest) ? undefined : run(rest, image.workFolder, image.environment)
    case 'CMD':
      image.command = JSON.parse(rest) as string[]
      return
    case 'HEALTHCHECK':
      image.healthCheck = rest.slice(rest.indexOf('CMD ') + 'CMD '.length)
      return
    case 'VOLUME':
    case 'EXPOSE':
      return
    default:
      throw new Error(`${instruction} is not known here: teach server/test/prove/dockerfile.ts what it does`)
  }
}

/** COPY of files and folders, from the context or an earlier stage. */
function copy(rest: string, image: Image, context: string, folder: string): void {
  const words = rest.split(/\s+/)
  const stage = /^--from=(\S+)$/.exec(words[0] ?? '')?.[1]
  const [to = '.', ...from] = words.slice(stage ? 1 : 0).reverse()
  const target = to.startsWith('/') ? join(image.folder, to) : join(image.workFolder, to)
  const isKept = stage ? () => true : notIgnored(context)
  for (const each of from) {
    const source = join(stage ? join(folder, stage) : context, each)
    const isInto = to.endsWith('/') || from.length > 1 || to === './'
    const isFolderItself = each === '.' || each.startsWith('/')
    const place = isInto && !isFolderItself ? join(target, each.split('/').at(-1) ?? '') : target
    mkdirSync(dirname(place), { recursive: true })
    cpSync(source, place, { recursive: true, verbatimSymlinks: true, filter: isKept })
  }
}

/** What .dockerignore leaves in. It knows names at the top, and names and endings at any depth (`**` before a slash). */
function notIgnored(context: string): (path: string) => boolean {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter(Boolean)
  const forms = patterns.map((pattern) => {
    const name = pattern
      .replace(/^\*\*\//, '')
      .replaceAll('.', '\\.')
      .replaceAll('*', '[^/]*')
    return new RegExp(pattern.startsWith('**/') ? `(^|/)${name}(/|$)` : `^${name}(/|$)`)
  })
  return (path) => !forms.some((form) => form.test(relative(context, path)))
}
