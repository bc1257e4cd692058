/** Docker's network and IPAM driver on Neutron. */
export { createKuryr, type Kuryr, type KuryrOptions } from './driver/kuryr.ts';
export { DEFAULTS as KURYR_DEFAULTS, type KuryrConfig } from './driver/config.ts';
export { KuryrError } from './driver/errors.ts';
export { SocketError } from './libnetwork/socket.ts';
export { JournalError } from './ports/journal.ts';
export { removeLinks } from './binding/link-owner.ts';
export { hostLinks, type Links, type VethPair } from './binding/links.ts';
export { kuryrOptionsFromConfig, loadKuryrConf, type KuryrConf } from './driver/kuryr-conf.ts';
