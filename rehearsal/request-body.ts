import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** The text of a request; the SDK compresses what is long where the service takes it (smithy.io, "requestCompression trait"). */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}
