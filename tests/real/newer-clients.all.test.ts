import { coeSuite } from './clients/coe-suite.ts';
import { openstackSuite } from './clients/openstack-suite.ts';

for (const release of ['trixie', 'sid'] as const) {
  coeSuite(release);
  openstackSuite(release);
}
