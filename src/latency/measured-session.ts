import { serializeModel } from '../onnx/serialize-model.js';
import type { DeviceHost, RemoteSession } from '../runtime/device-host.js';
import type { SessionSettings } from '../runtime/session-options.js';
import type { MeasuredGraph } from './measured-graph.js';
import type { Stopwatch } from './measuring-protocol.js';

/** The part of a device that measuring needs. */
export type MeasuringHost = Pick<DeviceHost, 'createSession'>;

/** Times sessions where they run; what carries the request there and back is not counted. */
export const sessionStopwatch: Stopwatch<Pick<RemoteSession, 'time'>> = {
  time: (session) => session.time(),
};

/** Loads a graph and leaves its feeds with it, by running it once. Throws `SESSION_FAILED`. */
export async function openMeasuredSession(
  host: MeasuringHost,
  { graph, feeds }: MeasuredGraph,
  settings: SessionSettings = {},
): Promise<RemoteSession> {
  const session = await host.createSession(serializeModel(graph), settings);
  await session.time(feeds);
  return session;
}

/** Opens sessions, works with them, and releases them however that ends. */
export async function withSessions<Result>(
  host: MeasuringHost,
  graphs: readonly MeasuredGraph[],
  settings: SessionSettings,
  work: (sessions: readonly RemoteSession[]) => Promise<Result>,
): Promise<Result> {
  const sessions: RemoteSession[] = [];
  try {
    for (const graph of graphs) sessions.push(await openMeasuredSession(host, graph, settings));
    return await work(sessions);
  } finally {
    for (const session of sessions) await session.release();
  }
}
