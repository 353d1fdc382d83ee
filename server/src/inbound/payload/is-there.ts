import type { Answer, Incoming } from '../source.ts'

/**
 * The answer to a sender that only looks whether the URL is there before it takes it: Intercom and Trello do, by HEAD.
 * https://developers.intercom.com/docs/webhooks/setting-up-webhooks
 */
export const isThere = ({ method }: Pick<Incoming, 'method'>): Answer | undefined =>
  method === 'HEAD' ? { contentType: 'text/plain; charset=utf-8', body: '' } : undefined
