import { volume, volumeAttachment } from './cinder/volumes.ts';
import { autoScalingGroup, scalingPolicy } from './heat/auto-scaling.ts';
import { nestedStack } from './heat/nested-stack-type.ts';
import { resourceChain } from './heat/resource-chain.ts';
import { resourceGroup } from './heat/resource-group.ts';
import { none, randomString, testResource, value } from './heat/small-types.ts';
import {
  cloudConfig,
  multipartMime,
  softwareComponent,
  softwareConfig,
  structuredConfig,
} from './heat/software-configs.ts';
import {
  softwareDeploymentGroup,
  softwareDeployments,
  structuredDeploymentGroup,
} from './heat/deployment-groups.ts';
import { softwareDeployment, structuredDeployment } from './heat/software-deployments.ts';
import {
  cfnWaitCondition,
  cfnWaitConditionHandle,
  updateWaitConditionHandle,
  waitCondition,
  waitConditionHandle,
} from './heat/wait-conditions.ts';
import { floatingIp, floatingIpAssociation } from './neutron/floating-ips.ts';
import { net, providerNet, subnet, subnetPool } from './neutron/networks.ts';
import { port } from './neutron/ports.ts';
import { router, routerGateway, routerInterface } from './neutron/routers.ts';
import { securityGroup, securityGroupRule } from './neutron/security-groups.ts';
import { server } from './nova/server.ts';
import { flavor, keyPair, serverGroup } from './nova/small-nova-types.ts';
import type { ResourceType } from './resource-type.ts';

/** Every resource type of this cloud, by name. */
export const ALL_TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [
    none,
    value,
    randomString,
    testResource,
    nestedStack,
    resourceGroup,
    resourceChain,
    autoScalingGroup,
    scalingPolicy,
    softwareConfig,
    structuredConfig,
    softwareComponent,
    cloudConfig,
    multipartMime,
    softwareDeployment,
    softwareDeploymentGroup,
    softwareDeployments,
    structuredDeployment,
    structuredDeploymentGroup,
    waitCondition,
    waitConditionHandle,
    updateWaitConditionHandle,
    cfnWaitCondition,
    cfnWaitConditionHandle,
    server,
    serverGroup,
    keyPair,
    flavor,
    net,
    providerNet,
    subnet,
    subnetPool,
    port,
    router,
    routerInterface,
    routerGateway,
    floatingIp,
    floatingIpAssociation,
    securityGroup,
    securityGroupRule,
    volume,
    volumeAttachment,
  ].map((type) => [type.name, type]),
);
