import { Buffer } from 'node:buffer';
import type { ComputeContext } from './context.ts';
import { ask } from './neighbour.ts';
import type { ServerRow } from './tables.ts';

/** Fills an image with a server's disk; the image was made when the snapshot was asked for. */
export async function snapshotServer(
  context: ComputeContext,
  server: ServerRow,
  imageId: string,
): Promise<void> {
  const { hypervisor, cloud } = context;
  const caller = context.novaCaller(server.projectId);
  const path = `/v2/images/${imageId}`;
  try {
    if (!hypervisor.snapshot) throw new Error(`the hypervisor (${hypervisor.name}) makes no snapshots`);
    const parts: Uint8Array[] = [];
    for await (const part of await hypervisor.snapshot(server.id)) parts.push(part);
    await ask(cloud, caller, {
      service: 'image',
      method: 'PUT',
      path: `${path}/file`,
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.concat(parts),
    });
  } catch (error) {
    await cloud.call(caller, { service: 'image', method: 'DELETE', path });
    throw error;
  }
}
