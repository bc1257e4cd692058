import type { PoolRecord } from '../ports/records.ts';

/** One `--subnet` of the network, as Docker gives it after its IPAM driver had its say. */
export interface IpamData {
  readonly pool: string;
  /** With prefix length; empty if there is none. */
  readonly gateway: string;
  readonly auxiliary: readonly string[];
}

export interface NetworkRequest {
  readonly networkId: string;
  /** What the user gave with `-o`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly internal: boolean;
  /** IPv4 and IPv6, in this order. */
  readonly data: readonly IpamData[];
}

/** A range of the network, and the pool it was requested as, if that was from us. */
export interface Range {
  readonly data: IpamData;
  readonly pool: PoolRecord | undefined;
}
