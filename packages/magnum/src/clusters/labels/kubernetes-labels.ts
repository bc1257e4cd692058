import { labelsFrom, type Label, type Row } from './label.ts';

const ATOMIC = ['k8s_fedora_atomic_v1'] as const;
const COREOS = ['k8s_fedora_coreos_v1'] as const;

const components: readonly Row[] = [
  ['kube_tag', 'tag', 'v1.23.3-rancher1', 'Version of Kubernetes.'],
  [
    'hyperkube_prefix',
    'text',
    'docker.io/rancher/',
    'Registry and path of the hyperkube image.',
    { since: '9.0.0' },
  ],
  ['kube_image_digest', 'text', '', 'Digest that the hyperkube image must have.'],
  ['container_infra_prefix', 'text', '', 'Registry and path that all images of the system come from.'],
  [
    'heat_container_agent_tag',
    'tag',
    'wallaby-stable-1',
    "Version of the agent that runs Heat's software deployments.",
  ],
  ['etcd_tag', 'tag', 'v3.4.6', 'Version of etcd.'],
  ['coredns_tag', 'tag', '1.6.6', 'Version of CoreDNS.'],
  ['system_pods_initial_delay', 'count', '30', 'Seconds to wait for system pods before the first check.'],
  ['system_pods_timeout', 'count', '5', 'Minutes to wait for system pods to become ready.'],
  ['ostree_remote', 'text', '', 'Remote of the operating system tree; Fedora CoreOS has none.'],
  ['ostree_commit', 'text', '', 'Commit of the operating system tree; Fedora CoreOS has none.'],
  ['use_podman', 'boolean', 'true', 'Run the components of Kubernetes in podman.', { since: '9.0.0' }],
];

const runtime: readonly Row[] = [
  [
    'container_runtime',
    { choices: ['host-docker', 'containerd'] },
    'host-docker',
    'Container runtime of the nodes.',
    { since: '10.0.0' },
  ],
  ['containerd_version', 'tag', '1.4.4', 'Version of containerd.', { since: '10.0.0' }],
  ['containerd_tarball_url', 'url', '', 'Where containerd is downloaded from.', { since: '10.0.0' }],
  [
    'containerd_tarball_sha256',
    'sha256',
    undefined,
    'Checksum of that download; the default is that of the default version.',
    { since: '10.0.0' },
  ],
  ['cgroup_driver', { choices: ['cgroupfs', 'systemd'] }, 'cgroupfs', 'Control group driver of the kubelet.'],
  [
    'selinux_mode',
    { choices: ['enforcing', 'permissive', 'disabled'] },
    'enforcing',
    'Mode of SELinux on the nodes.',
    { since: '9.0.0' },
  ],
  [
    'admission_control_list',
    'names',
    'NamespaceLifecycle,LimitRanger,ServiceAccount,ResourceQuota,TaintNodesByCondition,Priority,DefaultTolerationSeconds,DefaultStorageClass,StorageObjectInUseProtection,PersistentVolumeClaimResize,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,RuntimeClass',
    'Admission controllers of the API server.',
  ],
  ['kubelet_options', 'text', '', 'Further flags of the kubelet.'],
  ['kubeapi_options', 'text', '', 'Further flags of the API server.'],
  ['kubeproxy_options', 'text', '', 'Further flags of kube-proxy.'],
  ['kubecontroller_options', 'text', '', 'Further flags of the controller manager.'],
  ['kubescheduler_options', 'text', '', 'Further flags of the scheduler.'],
  [
    'cert_manager_api',
    'boolean',
    'false',
    "Give masters the CA's key, so that the certificates API can sign.",
  ],
  ['keystone_auth_enabled', 'boolean', 'true', 'Let users log in to Kubernetes with Keystone.'],
  ['k8s_keystone_auth_tag', 'tag', 'v1.18.0', 'Version of the Keystone webhook.'],
];

const storage: readonly Row[] = [
  ['etcd_volume_size', 'count', '0', "GB of the volume for etcd's data; 0 is none."],
  ['etcd_volume_type', 'text', undefined, 'Type of that volume; by default the configured one.'],
  [
    'boot_volume_size',
    'count',
    undefined,
    'GB of the volume that nodes boot from; by default the configured size, 0 being none.',
  ],
  ['boot_volume_type', 'text', undefined, 'Type of that volume; by default the configured one.'],
  [
    'docker_volume_type',
    'text',
    undefined,
    'Type of the volume for images and containers; by default the configured one.',
  ],
  [
    'cinder_csi_enabled',
    'boolean',
    'true',
    'Install the driver for volumes from Cinder.',
    { since: '9.0.0' },
  ],
  ['cinder_csi_plugin_tag', 'tag', 'v1.23.0', 'Version of that driver.', { since: '9.0.0' }],
  ['csi_attacher_tag', 'tag', 'v3.3.0', 'Version of the CSI attacher.', { since: '9.0.0' }],
  ['csi_provisioner_tag', 'tag', 'v3.0.0', 'Version of the CSI provisioner.', { since: '9.0.0' }],
  ['csi_snapshotter_tag', 'tag', 'v4.2.1', 'Version of the CSI snapshotter.', { since: '9.0.0' }],
  ['csi_resizer_tag', 'tag', 'v1.3.0', 'Version of the CSI resizer.', { since: '9.0.0' }],
  ['csi_node_driver_registrar_tag', 'tag', 'v2.4.0', 'Version of the CSI registrar.', { since: '9.0.0' }],
  ['csi_liveness_probe_tag', 'tag', 'v2.5.0', 'Version of the CSI liveness probe.', { since: '13.0.0' }],
];

const network: readonly Row[] = [
  ['flannel_tag', 'tag', 'v0.15.1', 'Version of flannel.'],
  ['flannel_cni_tag', 'tag', 'v0.3.0', "Version of flannel's CNI plug-in."],
  ['flannel_network_cidr', 'cidr', '10.100.0.0/16', 'Network of the pods, with flannel.'],
  ['flannel_network_subnetlen', 'count', '24', 'Length of the prefix that each node gets of it.'],
  [
    'flannel_backend',
    { choices: ['vxlan', 'udp', 'host-gw'] },
    'vxlan',
    'How flannel carries packets between nodes.',
  ],
  ['calico_tag', 'tag', 'v3.21.2', 'Version of Calico.'],
  ['calico_ipv4pool', 'cidr', '10.100.0.0/16', 'Network of the pods, with Calico.'],
  [
    'calico_ipv4pool_ipip',
    { choices: ['Always', 'CrossSubnet', 'Never', 'Off'] },
    'Off',
    'When Calico wraps packets in IP.',
  ],
  ['service_cluster_ip_range', 'cidr', '10.254.0.0/16', 'Addresses of services.'],
  ['dns_service_ip', 'address', '10.254.0.10', "Address of the cluster's DNS."],
  ['dns_cluster_domain', 'text', 'cluster.local', "Domain of the cluster's DNS."],
  [
    'fixed_subnet_cidr',
    'cidr',
    '10.0.0.0/24',
    'Addresses of the nodes, where a network is made for the cluster.',
  ],
  ['availability_zone', 'text', '', 'Availability zone of servers and volumes.'],
];

const cloud: readonly Row[] = [
  [
    'cloud_provider_enabled',
    'boolean',
    undefined,
    'Install the controller that makes load balancers in OpenStack; by default as [trust] cluster_user_trust.',
  ],
  ['cloud_provider_tag', 'tag', 'v1.23.1', 'Version of that controller.'],
  ['octavia_provider', 'text', 'amphora', 'Provider of load balancers for services.', { drivers: COREOS }],
  [
    'octavia_lb_algorithm',
    { choices: ['ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP', 'SOURCE_IP_PORT'] },
    'ROUND_ROBIN',
    'How they choose a member.',
    { drivers: COREOS },
  ],
  ['octavia_lb_healthcheck', 'boolean', 'true', 'Whether they check their members.', { drivers: COREOS }],
  [
    'master_lb_floating_ip_enabled',
    'boolean',
    undefined,
    'Give the load balancer of the API a floating IP; by default as floating_ip_enabled.',
  ],
  [
    'master_lb_allowed_cidrs',
    'cidrs',
    '',
    'Who may reach the load balancer of the API; empty is everybody.',
    { since: '10.0.0' },
  ],
];

const addOns: readonly Row[] = [
  ['kube_dashboard_enabled', 'boolean', 'true', 'Install the dashboard of Kubernetes.'],
  ['kube_dashboard_version', 'tag', 'v2.0.0', 'Version of the dashboard.'],
  ['metrics_scraper_tag', 'tag', 'v1.0.4', "Version of the dashboard's metrics scraper."],
  [
    'influx_grafana_dashboard_enabled',
    'boolean',
    'false',
    'Install InfluxDB and Grafana for Heapster; out of date.',
  ],
  ['heapster_enabled', 'boolean', 'false', 'Install Heapster; out of date.'],
  ['metrics_server_enabled', 'boolean', 'true', 'Install the metrics server.'],
  ['metrics_server_chart_tag', 'tag', 'v3.7.0', "Version of the metrics server's chart."],
  ['monitoring_enabled', 'boolean', 'false', 'Install the Prometheus operator with what belongs to it.'],
  ['monitoring_retention_days', 'count', '14', 'Days that Prometheus keeps metrics.'],
  ['monitoring_retention_size', 'count', '14', 'GiB of metrics that Prometheus keeps.'],
  ['monitoring_interval_seconds', 'count', '30', 'Seconds between scrapes.'],
  ['monitoring_storage_class_name', 'text', '', 'Storage class for metrics; empty keeps them in the pod.'],
  [
    'monitoring_ingress_enabled',
    'boolean',
    'false',
    'Let Grafana and Prometheus be reached through the ingress.',
  ],
  ['cluster_basic_auth_secret', 'text', '', 'Secret with the users of that ingress.'],
  ['cluster_root_domain_name', 'text', 'localhost', 'Domain under which that ingress answers.'],
  ['prometheus_operator_chart_tag', 'tag', 'v8.12.13', "Version of the Prometheus operator's chart."],
  [
    'prometheus_adapter_enabled',
    'boolean',
    'true',
    'Install the adapter for custom metrics, with monitoring.',
  ],
  ['prometheus_adapter_chart_tag', 'tag', '1.4.0', "Version of the adapter's chart."],
  ['prometheus_adapter_configmap', 'text', '', "Name of the config map with the adapter's rules."],
  ['prometheus_monitoring', 'boolean', 'false', 'Install Prometheus, cAdvisor and Grafana; out of date.'],
  ['prometheus_tag', 'tag', 'v1.8.2', 'Version of that Prometheus.'],
  ['grafana_tag', 'tag', '5.1.5', 'Version of that Grafana.'],
  ['grafana_admin_passwd', 'text', 'admin', "Password of Grafana's administrator."],
  [
    'ingress_controller',
    { choices: ['', 'octavia', 'nginx', 'traefik'] },
    '',
    'Ingress controller to install.',
  ],
  ['ingress_controller_role', 'text', 'ingress', 'Role of the nodes that it runs on.'],
  ['octavia_ingress_controller_tag', 'tag', 'v1.18.0', 'Version of the ingress controller for Octavia.'],
  ['nginx_ingress_controller_tag', 'tag', '0.32.0', 'Version of the ingress controller for NGINX.'],
  ['nginx_ingress_controller_chart_tag', 'tag', '4.0.17', 'Version of its chart.'],
  ['traefik_ingress_controller_tag', 'tag', 'v1.7.28', 'Version of the ingress controller Traefik.'],
  ['helm_client_url', 'url', '', 'Where Helm is downloaded from.'],
  [
    'helm_client_sha256',
    'sha256',
    undefined,
    'Checksum of that download; the default is that of the default version.',
  ],
  ['helm_client_tag', 'tag', 'v3.13.3', 'Version of Helm.'],
  [
    'tiller_enabled',
    'boolean',
    'true',
    "Install Tiller, Helm 2's server part.",
    { drivers: ATOMIC, until: '17.0.0' },
  ],
  [
    'tiller_tag',
    'tag',
    undefined,
    'Version of Tiller; the default follows Helm.',
    { drivers: ATOMIC, until: '17.0.0' },
  ],
  ['tiller_namespace', 'text', 'magnum-tiller', 'Namespace of Tiller.', { drivers: ATOMIC, until: '17.0.0' }],
];

const nodes: readonly Row[] = [
  ['auto_healing_enabled', 'boolean', 'false', 'Repair nodes that are not healthy.'],
  ['auto_healing_controller', { choices: ['draino', 'magnum-auto-healer'] }, 'draino', 'What repairs them.'],
  ['draino_tag', 'tag', 'abf028a', 'Version of Draino.'],
  ['magnum_auto_healer_tag', 'tag', 'v1.18.0', "Version of Magnum's own healer."],
  ['auto_scaling_enabled', 'boolean', 'false', 'Install the cluster autoscaler.'],
  ['autoscaler_tag', 'tag', 'v1.18.1', 'Version of the cluster autoscaler.'],
  ['min_node_count', 'count', '0', 'Fewest workers that it leaves.'],
  ['max_node_count', 'count', undefined, 'Most workers that it makes; by default one more than node_count.'],
  ['npd_enabled', 'boolean', 'true', 'Install the node problem detector.'],
  ['node_problem_detector_tag', 'tag', 'v0.6.2', 'Version of the node problem detector.'],
];

/** Labels of Kubernetes clusters; defaults are those of `k8s_fedora_coreos_v1` in Magnum 22.0.0. */
export const kubernetesLabels: readonly Label[] = labelsFrom(
  [...components, ...runtime, ...storage, ...network, ...cloud, ...addOns, ...nodes],
  ['kubernetes'],
);
