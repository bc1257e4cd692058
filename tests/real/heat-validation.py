"""Has Heat itself, as Debian's python3-heat installs it, check orders for stacks with all that is nested in them.

A JSON list of {"template": text, "files": {...}, "parameters": {...}} on standard input; prints a JSON list with the
types of resources that each is made of. Clouds aren't asked: whether a flavor is there, say, nobody can know here. Ends
with Heat's own words if it refuses an order.
"""
import json
import sys

import eventlet
eventlet.monkey_patch(os=False)
from heat.common import config  # noqa: E402
from heat.common import context  # noqa: E402
from heat.common import template_format  # noqa: E402
from heat.engine import constraints  # noqa: E402
from heat.engine import environment  # noqa: E402
from heat.engine import resource  # noqa: E402
from heat.engine import resources  # noqa: E402
from heat.engine import stack as stacks  # noqa: E402
from heat.engine import template as templates  # noqa: E402
from heat.engine.resources import stack_resource  # noqa: E402
from heat.engine.resources.openstack.heat import resource_group  # noqa: E402
from oslo_config import cfg  # noqa: E402

cfg.CONF([], project='heat', default_config_files=[], default_config_dirs=[])
resources.initialise()
constraints.CustomConstraint.validate = lambda *_args, **_kwargs: None
# Members that a group had before are looked up in Heat's database.
resource_group.ResourceGroup._get_new_skiplist_entries = lambda *_args: []
resource.Resource.is_service_available = classmethod(lambda *_args: (True, None))


def check(stack, types):
    stack.validate(validate_res_tmpl_only=True)
    for name, one in stack.resources.items():
        types.append(one.type())
        if isinstance(one, stack_resource.StackResource):
            nested_name = f"{stack.name}-{name}"
            nested = one._parse_nested_stack(nested_name, one.child_template(), one.child_params())
            nested.strict_validate = False
            check(nested, types)


def types_in(order):
    template = templates.Template(
        template_format.parse(order['template']),
        files=order['files'],
        env=environment.Environment({'parameters': order['parameters']}))
    cloud = context.RequestContext(project_id='p', user_id='u', username='u', auth_token='t', is_admin=False)
    types = []
    check(stacks.Stack(cloud, 'validated', template), types)
    return sorted(set(types))


json.dump([types_in(order) for order in json.load(sys.stdin)], sys.stdout)
