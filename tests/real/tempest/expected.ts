/**
 * The tests of Debian's magnum-tempest-plugin 1.7.0 that the original Magnum 15.0.1 passes, by class: all but one.
 *
 * The one is ClusterTest.test_create_cluster_with_zero_nodes: the plug-in names no microversion, so it speaks 1.1, and
 * workers may be none only from 1.10 on; the answer is "Resizing a nodegroup to zero is not supported in the provided
 * microversion."
 */
export const passOnTheOriginal: Readonly<Record<string, readonly string[]>> = {
  'test_bay.BayTest': [
    'test_create_bay_for_nonexisting_baymodel',
    'test_create_bay_with_node_count_0',
    'test_create_bay_with_nonexisting_external_network',
    'test_create_bay_with_nonexisting_flavor',
    'test_create_bay_with_nonexisting_keypair',
    'test_create_bay_with_zero_masters',
    'test_delete_bay_for_nonexisting_bay',
    'test_update_bay_for_nonexisting_bay',
  ],
  'test_baymodel.BayModelTest': [
    'test_create_baymodel',
    'test_create_baymodel_invalid_network_driver',
    'test_create_baymodel_invalid_volume_driver',
    'test_create_baymodel_missing_flavor',
    'test_create_baymodel_missing_image',
    'test_create_get_public_baymodel',
    'test_delete_baymodel_404',
    'test_delete_baymodel_by_name',
    'test_delete_baymodel_by_name_404',
    'test_delete_baymodel_by_uuid',
    'test_get_baymodel_by_name_404',
    'test_get_baymodel_by_uuid_404',
    'test_list_baymodels',
    'test_update_baymodel_404',
    'test_update_baymodel_by_uuid',
    'test_update_baymodel_invalid_patch',
    'test_update_baymodel_name_not_found',
    'test_update_baymodel_public_by_uuid',
  ],
  'test_baymodel_admin.BayModelAdminTest': [
    'test_create_get_public_baymodel',
    'test_update_baymodel_public_by_uuid',
  ],
  'test_cluster.ClusterTest': [
    'test_create_cluster_for_nonexisting_cluster_template',
    'test_create_cluster_with_nonexisting_flavor',
    'test_create_cluster_with_zero_masters',
    'test_create_list_sign_delete_clusters',
    'test_delete_cluster_for_nonexisting_cluster',
    'test_update_cluster_for_nonexisting_cluster',
  ],
  'test_cluster_template.ClusterTemplateTest': [
    'test_create_cluster_template',
    'test_create_cluster_template_invalid_network_driver',
    'test_create_cluster_template_invalid_volume_driver',
    'test_create_cluster_template_missing_flavor',
    'test_create_cluster_template_missing_image',
    'test_create_cluster_template_missing_keypair',
    'test_create_get_public_cluster_template',
    'test_delete_cluster_template_404',
    'test_delete_cluster_template_by_name',
    'test_delete_cluster_template_by_name_404',
    'test_delete_cluster_template_by_uuid',
    'test_get_cluster_template_by_name_404',
    'test_get_cluster_template_by_uuid_404',
    'test_list_cluster_templates',
    'test_update_cluster_template_404',
    'test_update_cluster_template_by_uuid',
    'test_update_cluster_template_invalid_patch',
    'test_update_cluster_template_name_not_found',
    'test_update_cluster_template_public_by_uuid',
  ],
  'test_cluster_template_admin.ClusterTemplateAdminTest': [
    'test_create_get_public_cluster_template',
    'test_update_cluster_template_public_by_uuid',
  ],
  'test_magnum_service.MagnumServiceTest': [
    'test_magnum_service_list',
    'test_magnum_service_list_needs_admin',
  ],
};

/**
 * A class whose tests share a user that the first test to end removes: each needs a process of its own, and then they pass
 * on the original.
 */
export const oneByOne = 'test_cluster.ClusterTest';
