// A small product: projects, sessions of agents, recordings, payments. Each thing that happens is told by one line.
import type { Happening } from './publisher.ts'

type Tell = (happening: Happening) => void

interface User {
  id: string
  email: string
  name: string
}

/** Every operation does its work first and tells of it afterwards. `now` is the time as ISO 8601. */
export function createProduct(tell: Tell, now: () => string) {
  /** What a customer's thing does; the customer is the user whose endpoints may hear of it. */
  const happened = (type: string, owner: User, subject: string, data: object) =>
    tell({ type, data, subject, customer: owner.id })

  return {
    signUp(user: User) {
      happened('user.created', user, user.id, { ...user, createdAt: now() })
      return user
    },
    rename(user: User, name: string) {
      const renamed = { ...user, name }
      happened('user.updated', renamed, user.id, { ...renamed, updatedAt: now() })
      return renamed
    },
    leave: (user: User) => happened('user.deleted', user, user.id, { ...user, deletedAt: now() }),

    createProject(owner: User, id: string, name: string) {
      const project = { id, name, description: null }
      happened('project.created', owner, id, { ...project, userId: owner.id, createdAt: now() })
      return project
    },
    updateProject: (owner: User, id: string, name: string) =>
      happened('project.updated', owner, id, { id, name, description: null, userId: owner.id, updatedAt: now() }),
    deleteProject: (owner: User, id: string, name: string) =>
      happened('project.deleted', owner, id, { id, name, deletedAt: now() }),

    /** A whole session: it begins, is paused, goes on, something is said, it ends, and its recording is made or not. */
    runSession(owner: User, project: { id: string; name: string }, id: string, isRecorded: boolean) {
      const session = { id, projectId: project.id }
      const named = { ...session, projectName: project.name }
      happened('session.started', owner, id, { ...named, title: 'Watering plan', startedAt: now() })
      happened('session.paused', owner, id, { ...session, pausedAt: now() })
      happened('session.resumed', owner, id, { ...session, resumedAt: now() })
      const message = { sessionId: id, messageId: `${id}-1`, role: 'assistant', content: 'Done.', createdAt: now() }
      happened('session.message', owner, id, message)
      happened('session.ended', owner, id, { ...named, duration: 1800, endedAt: now() })
      const recording = { id: `${id}-r`, sessionId: id }
      if (!isRecorded) {
        happened('recording.failed', owner, id, { ...recording, error: 'the upload ended early', failedAt: now() })
        return
      }
      const url = `https://media.orchard.example/${recording.id}`
      const file = { url: `${url}.mp4`, thumbnailUrl: `${url}.jpg`, duration: 1800, fileSize: 52_428_800 }
      happened('recording.completed', owner, id, { ...recording, projectId: project.id, ...file })
    },

    /** An agent comes, works and goes. */
    runAgent(owner: User, agent: { id: string; name: string }) {
      happened('agent.connected', owner, agent.id, {
        ...agent,
        platform: 'linux',
        version: '1.4.0',
        connectedAt: now(),
      })
      const change = { previousStatus: 'ONLINE', status: 'BUSY', changedAt: now() }
      happened('agent.status_changed', owner, agent.id, { ...agent, ...change })
      happened('agent.disconnected', owner, agent.id, { ...agent, disconnectedAt: now(), reason: 'stopped' })
    },

    /** A subscription's life, with a payment that works and one that does not. */
    bill(owner: User, id: string) {
      const period = { currentPeriodEnd: now(), cancelAtPeriodEnd: false }
      const payment = { id: `${id}-1`, amount: 4900, currency: 'eur', method: 'card', invoiceId: `${id}-1` }
      happened('subscription.created', owner, id, { id, tier: 'PRO', status: 'ACTIVE', ...period })
      happened('payment.succeeded', owner, id, payment)
      happened('subscription.updated', owner, id, { id, tier: 'TEAM', status: 'ACTIVE', ...period })
      happened('payment.failed', owner, id, { ...payment, failureReason: 'card_declined' })
      happened('subscription.cancelled', owner, id, { id, tier: 'FREE', status: 'CANCELED', ...period })
    },

    /** Tells once when nine tenths are used, and when more is used than there is. */
    store(owner: User, usedBytes: number, quotaBytes: number) {
      const used = { usedBytes, quotaBytes, percent: Math.round((usedBytes / quotaBytes) * 100) }
      if (usedBytes > quotaBytes) happened('storage.quota_exceeded', owner, owner.id, used)
      else if (used.percent >= 90) happened('storage.quota_warning', owner, owner.id, used)
    },
  }
}
