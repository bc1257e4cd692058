"""Calls methods of Debian's openstacksdk.

One line of standard input is one call: {"cloud": ..., "call": a path from the connection, "with": its named arguments}.
One line of standard output answers it: {"gives": what it returned}, or {"status": of the answer that it failed with}.
"""
import json
import operator
import sys
import types
import warnings

import openstack
import openstack.exceptions
import openstack.resource

# What is deprecated is tried as well.
warnings.simplefilter('ignore')


def plain(value):
    if isinstance(value, openstack.resource.Resource):
        return value.to_dict()
    if isinstance(value, types.GeneratorType):
        return list(value)
    return str(value)


connections = {}

for line in sys.stdin:
    asked = json.loads(line)
    cloud = asked['cloud']
    if cloud not in connections:
        connections[cloud] = openstack.connect(cloud=cloud)
    try:
        returned = operator.attrgetter(asked['call'])(connections[cloud])(**asked['with'])
        # A resource is a dictionary too, in a form of its own.
        answer = {'gives': plain(returned) if isinstance(returned, openstack.resource.Resource) else returned}
        text = json.dumps(answer, default=plain)
    except openstack.exceptions.SDKException as error:
        text = json.dumps({'status': getattr(error, 'status_code', None), 'says': str(error)})
    print(text, flush=True)
