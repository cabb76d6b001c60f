import { serializeModel } from '../onnx/serialize-model.js';
import { forTiming, type RemoteSession, type SessionHost } from '../runtime/device-host.js';
import type { SessionSettings } from '../runtime/session-options.js';
import type { MeasuredGraph } from './measured-graph.js';
import type { Stopwatch } from './measuring-protocol.js';

/** Times sessions where they run; what carries the request there and back is not counted. */
export const sessionStopwatch: Stopwatch<Pick<RemoteSession, 'time'>> = {
  time: (session) => session.time(),
};

/**
 * Opens a session for each graph and leaves its feeds with it, by running it once; works with them, and releases them
 * however that ends. Throws `SESSION_FAILED`.
 */
export async function withSessions<Result>(
  host: SessionHost,
  graphs: readonly MeasuredGraph[],
  settingsOf: (index: number) => SessionSettings,
  work: (sessions: readonly RemoteSession[]) => Promise<Result>,
): Promise<Result> {
  const sessions: RemoteSession[] = [];
  try {
    for (const [index, { graph, feeds }] of graphs.entries()) {
      const session = await forTiming(host).createSession(serializeModel(graph), settingsOf(index));
      sessions.push(session);
      await session.time(feeds);
    }
    return await work(sessions);
  } finally {
    for (const session of sessions) await session.release();
  }
}
