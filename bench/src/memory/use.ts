// Given to node with `--import`, it makes the built server open its store in memory; everything else stays as it is.
import { register } from 'node:module'

register('./hook.js', import.meta.url)
