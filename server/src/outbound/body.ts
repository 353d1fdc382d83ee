/** What is sent: the bytes and their content type. */
export interface OutgoingBody {
  bytes: Uint8Array
  contentType: string
}

/**
 * The envelope `{"type":…,"timestamp":…,"data":…}`. The data is spliced in as the text that it is: written anew it would
 * lose big numbers, repeated keys and the sender's spelling. The timestamp is the time of receipt, so that every
 * attempt sends the same bytes.
 */
export function envelope(type: string, receivedAt: number, data: string): OutgoingBody {
  const head = `{"type":${JSON.stringify(type)},"timestamp":"${new Date(receivedAt).toISOString()}","data":`
  return { bytes: Buffer.from(`${head}${data}}`), contentType: 'application/json' }
}
