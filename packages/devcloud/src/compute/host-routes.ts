import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Fault, forbidden, notFound, projectCaller, requireAdmin } from '../http/fault.ts';
import { minor, param, queryOf, seconds, timestamp, type ComputeContext } from './context.ts';
import type { ServerRow } from './tables.ts';

/** What there is beneath the servers: zones, services, hypervisors; and who used how much of it. */
export function hostRoutes(app: FastifyInstance, context: ComputeContext): void {
  const { cloud, hypervisor, tables, host } = context;

  app.get('/os-availability-zone', async () => ({
    availabilityZoneInfo: context.zones.map((zoneName) => ({
      zoneName,
      zoneState: { available: true },
      hosts: null,
    })),
  }));

  app.get('/os-availability-zone/detail', async (request) => {
    requireAdmin(request, 'os_compute_api:os-availability-zone:detail');
    const up = {
      available: true,
      active: true,
      updated_at: `${seconds(timestamp(cloud)).slice(0, -1)}.000000`,
    };
    return {
      availabilityZoneInfo: [
        {
          zoneName: 'internal',
          zoneState: { available: true },
          hosts: { [host]: { 'nova-conductor': up, 'nova-scheduler': up } },
        },
        ...context.zones.map((zoneName) => ({
          zoneName,
          zoneState: { available: true },
          hosts: { [host]: { 'nova-compute': up } },
        })),
      ],
    };
  });

  app.get('/os-services', async (request) => {
    requireAdmin(request, 'os_compute_api:os-services:list');
    const query = queryOf(request);
    const services = ['nova-scheduler', 'nova-conductor', 'nova-compute'].map((binary, at) => ({
      id: minor(request) >= 53 ? uuidFrom(`${binary}@${host}`) : at + 1,
      binary,
      host,
      zone: binary === 'nova-compute' ? (context.zones[0] ?? 'nova') : 'internal',
      status: 'enabled',
      state: 'up',
      updated_at: `${seconds(timestamp(cloud)).slice(0, -1)}.000000`,
      disabled_reason: null,
      ...(minor(request) >= 11 ? { forced_down: false } : {}),
    }));
    return {
      services: services.filter(
        (service) =>
          (query['binary'] ?? service.binary) === service.binary && (query['host'] ?? host) === host,
      ),
    };
  });

  app.get('/os-hypervisors', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:list');
    if (!host.includes(queryOf(request)['hypervisor_hostname_pattern'] ?? '')) return { hypervisors: [] };
    const { hypervisor_hostname: name, state, status, id } = hypervisorView(request);
    return { hypervisors: [{ hypervisor_hostname: name, state, status, id }] };
  });
  app.get('/os-hypervisors/detail', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:list-detail');
    return { hypervisors: [hypervisorView(request)] };
  });
  app.get('/os-hypervisors/statistics', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:statistics');
    const view = usageOfHost();
    return { hypervisor_statistics: { count: 1, current_workload: 0, ...view } };
  });
  // Until 2.52 hosts are searched for by name at an address of their own, later by a parameter.
  app.get('/os-hypervisors/:hypervisor/search', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:search');
    const pattern = param(request, 'hypervisor');
    const { hypervisor_hostname: name, state, status, id } = hypervisorView(request);
    if (!host.includes(pattern)) throw notFound(`No hypervisor matching '${pattern}' could be found.`);
    return { hypervisors: [{ hypervisor_hostname: name, state, status, id }] };
  });
  app.get('/os-hypervisors/:hypervisor/servers', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:servers');
    const pattern = param(request, 'hypervisor');
    const { hypervisor_hostname: name, state, status, id } = hypervisorView(request);
    if (!host.includes(pattern)) throw notFound(`No hypervisor matching '${pattern}' could be found.`);
    const servers = tables.servers.all().filter((server) => server.host === host);
    const view = servers.map((server) => ({ uuid: server.id, name: server.name }));
    return { hypervisors: [{ hypervisor_hostname: name, state, status, id, servers: view }] };
  });
  app.get('/os-hypervisors/:hypervisor/uptime', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:uptime');
    const id = param(request, 'hypervisor');
    if (String(hypervisorView(request).id) !== id) throw notFound(`Compute host ${id} could not be found.`);
    throw new Fault(501, 'Virt driver does not implement uptime function.');
  });
  app.get('/os-hypervisors/:hypervisor', async (request) => {
    requireAdmin(request, 'os_compute_api:os-hypervisors:show');
    const view = hypervisorView(request);
    const id = param(request, 'hypervisor');
    if (String(view.id) !== id) throw notFound(`Compute host ${id} could not be found.`);
    return { hypervisor: view };
  });

  function usageOfHost() {
    const { vcpus, ramMiB, diskGiB } = hypervisor.capacity();
    const here = tables.servers.all().filter((server) => server.host === host);
    const sum = (of: (server: ServerRow) => number): number =>
      here.reduce((total, server) => total + of(server), 0);
    const ram = sum(({ flavor }) => flavor.ram);
    const disk = sum(({ flavor }) => flavor.disk);
    return {
      vcpus,
      vcpus_used: sum(({ flavor }) => flavor.vcpus),
      memory_mb: ramMiB,
      memory_mb_used: ram,
      free_ram_mb: ramMiB - ram,
      local_gb: diskGiB,
      local_gb_used: disk,
      free_disk_gb: diskGiB - disk,
      disk_available_least: diskGiB - disk,
      running_vms: here.filter(({ vmState }) => vmState === 'active').length,
    };
  }

  function hypervisorView(request: FastifyRequest) {
    const version = minor(request);
    return {
      id: version >= 53 ? uuidFrom(host) : 1,
      hypervisor_hostname: host,
      hypervisor_type: hypervisor.name,
      hypervisor_version: 1000,
      host_ip: '127.0.0.1',
      state: 'up',
      status: 'enabled',
      service: {
        id: version >= 53 ? uuidFrom(`nova-compute@${host}`) : 3,
        host,
        disabled_reason: null,
      },
      // From 2.88 on Placement has the numbers.
      ...(version >= 88
        ? { uptime: null }
        : { current_workload: 0, cpu_info: version >= 28 ? {} : '{}', ...usageOfHost() }),
      ...(hypervisor.note === undefined ? {} : { note: hypervisor.note }),
    };
  }

  app.get('/os-simple-tenant-usage', async (request) => {
    requireAdmin(request, 'os_compute_api:os-simple-tenant-usage:list');
    const projects = [...new Set(tables.servers.all().map(({ projectId }) => projectId))];
    return { tenant_usages: projects.map((project) => usage(request, project)) };
  });
  app.get('/os-simple-tenant-usage/:project', async (request) => {
    const project = param(request, 'project');
    const caller = projectCaller(request);
    if (project !== caller.projectId && !caller.isAdmin) {
      throw forbidden("Policy doesn't allow os_compute_api:os-simple-tenant-usage:show to be performed.");
    }
    return { tenant_usage: usage(request, project) };
  });

  /** Of servers that are there now: what is deleted has left no trace. */
  function usage(request: FastifyRequest, project: string): object {
    const query = queryOf(request);
    const now = cloud.now();
    const from = new Date(query['start'] ?? now.getTime() - 4 * 7 * 24 * 3600_000);
    const to = new Date(query['end'] ?? now);
    const servers = tables.servers.by('project', project).map((server) => {
      const since = Math.max(Date.parse(server.launchedAt ?? server.createdAt), from.getTime());
      const hours = Math.max(0, (Math.min(now.getTime(), to.getTime()) - since) / 3600_000);
      return { server, hours };
    });
    const total = (of: (server: ServerRow) => number): number =>
      servers.reduce((sum, { server, hours }) => sum + of(server) * hours, 0);
    return {
      tenant_id: project,
      start: from.toISOString().slice(0, -1),
      stop: to.toISOString().slice(0, -1),
      total_hours: total(() => 1),
      total_vcpus_usage: total(({ flavor }) => flavor.vcpus),
      total_memory_mb_usage: total(({ flavor }) => flavor.ram),
      total_local_gb_usage: total(({ flavor }) => flavor.disk),
      server_usages: servers.map(({ server, hours }) => ({
        instance_id: server.id,
        name: server.name,
        tenant_id: project,
        flavor: server.flavor.name,
        vcpus: server.flavor.vcpus,
        memory_mb: server.flavor.ram,
        local_gb: server.flavor.disk,
        started_at: (server.launchedAt ?? server.createdAt).slice(0, -1),
        ended_at: null,
        state: server.vmState,
        uptime: Math.round(hours * 3600),
        hours,
      })),
    };
  }

  app.get('/os-aggregates', async (request) => {
    requireAdmin(request, 'os_compute_api:os-aggregates:index');
    return { aggregates: [] };
  });
  app.get('/extensions', async () => ({ extensions: [] }));
}

/** The same id for the same name, always. */
function uuidFrom(name: string): string {
  const hex = createHash('md5').update(name).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
}
