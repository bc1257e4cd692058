/** Services that clouds have and this one hasn't, by the beginning of their resource types. */
const ABSENT: readonly (readonly [prefix: string, service: string])[] = [
  ['OS::Octavia::', 'octavia'],
  ['OS::Neutron::LBaaS::', 'neutron-lbaas'],
  ['OS::Neutron::LoadBalancer', 'neutron-lbaas'],
  ['OS::Barbican::', 'barbican'],
  ['OS::Swift::', 'swift'],
  ['OS::Zaqar::', 'zaqar'],
  ['OS::Designate::', 'designate'],
  ['OS::Magnum::', 'magnum'],
  ['OS::Manila::', 'manila'],
  ['OS::Trove::', 'trove'],
  ['OS::Sahara::', 'sahara'],
  ['OS::Senlin::', 'senlin'],
  ['OS::Mistral::', 'mistral'],
  ['OS::Aodh::', 'aodh'],
  ['OS::Ceilometer::', 'ceilometer'],
  ['OS::Monasca::', 'monasca'],
  ['OS::Ironic::', 'ironic'],
  ['OS::Zun::', 'zun'],
  ['OS::Blazar::', 'blazar'],
  ['OS::Vitrage::', 'vitrage'],
];

/** The service a type would need; undefined if the type isn't of a service this cloud lacks. */
export function isAbsent(type: string): string | undefined {
  return ABSENT.find(([prefix]) => type.startsWith(prefix))?.[1];
}
