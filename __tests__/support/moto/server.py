"""A moto server on a free port of 127.0.0.1, with the Step Functions interpreter on and known faults of moto 5.2.5 repaired.

Prints one line of JSON, {"port": N}, when it listens. Ends when its standard input ends: so it never outlives the test that holds
the other end, not even when that is killed. Each repair warns on standard error when moto no longer has what it repairs.
"""

import functools
import inspect
import json
import os
import re
import sys
import threading
import uuid

# Before anything of moto: the environment of the caller must not lead to a real account.
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_CONFIG_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
    os.environ.pop(name, None)

from moto.core.config import default_user_config


def not_needed(repair: str) -> None:
    print(f"WARNING: moto no longer needs the repair '{repair}': remove it", file=sys.stderr, flush=True)


def give_single_values() -> None:
    """`$.list[0].field` is one value in Step Functions; moto gives a list of one (getmoto/moto#7825 was repaired too widely)."""
    from moto.stepfunctions.parser.asl.utils import json_path

    if json_path.extract_json("$.list[0].field", {"list": [{"field": 1}]}) == 1:
        return not_needed("give_single_values")
    fault = "        or (matches[0].context and isinstance(matches[0].context.path, Index))\n"
    source = inspect.getsource(json_path.extract_json)
    if fault not in source:
        return print("WARNING: give_single_values does not find its place in moto", file=sys.stderr, flush=True)
    # Nobody has imported the function by name yet, so the module is the only place to mend.
    exec(compile(source.replace(fault, ""), json_path.__file__, "exec"), json_path.__dict__)


def refuse_illegal_names() -> None:
    """StartExecution refuses a name with `:` and the like with InvalidName; moto's interpreter takes any (`TODO: validate name format`)."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    original = StepFunctionsParserBackend.start_execution
    if "_validate_name" in inspect.getsource(original):
        return not_needed("refuse_illegal_names")

    def start_execution(self, state_machine_arn, name=None, *args, **kwargs):
        # An illegal name is reported only by a machine that exists.
        self.describe_state_machine(state_machine_arn)
        if name is not None:
            self._validate_name(name)
        return original(self, state_machine_arn, name, *args, **kwargs)

    StepFunctionsParserBackend.start_execution = start_execution


def name_nameless_executions() -> None:
    """StartExecution without a name gets a UUID in AWS; moto's interpreter calls every such execution `None`."""
    from moto.stepfunctions.parser.models import StepFunctionsParserBackend

    original = StepFunctionsParserBackend.start_execution
    if "uuid" in inspect.getsource(original):
        return not_needed("name_nameless_executions")

    def start_execution(self, state_machine_arn, name=None, *args, **kwargs):
        return original(self, state_machine_arn, name or str(uuid.uuid4()), *args, **kwargs)

    StepFunctionsParserBackend.start_execution = start_execution


def keep_mixed_policy() -> None:
    """UpdateAutoScalingGroup changes what it is given; moto forgets the MixedInstancesPolicy when the call does not repeat it."""
    from moto.autoscaling.models import FakeAutoScalingGroup

    original = FakeAutoScalingGroup.update
    if "self.mixed_instances_policy = mixed_instances_policy\n" not in inspect.getsource(original):
        return not_needed("keep_mixed_policy")
    signature = inspect.signature(original)
    replacing = ("launch_config_name", "launch_template", "mixed_instances_policy")

    def update(self, *args, **kwargs):
        given = signature.bind(self, *args, **kwargs).arguments
        kept = self.mixed_instances_policy
        original(self, *args, **kwargs)
        if not any(given.get(name) for name in replacing):
            self.mixed_instances_policy = kept

    FakeAutoScalingGroup.update = update


def launch_later_versions() -> None:
    """A launch template with user data can be launched from each of its versions; moto fails on all but the first, whose user data alone it
    takes for what it is."""
    from moto.core.types import Base64EncodedString
    from moto.ec2.models.launch_templates import LaunchTemplate
    from moto.ec2.responses.launch_templates import LaunchTemplates
    from moto.ec2.utils import parse_user_data

    if "parse_user_data" in inspect.getsource(LaunchTemplates.create_launch_template_version):
        return not_needed("launch_later_versions")
    original = LaunchTemplate.create_version

    def create_version(self, data, description):
        user_data = data.get("UserData")
        if not isinstance(user_data, Base64EncodedString):
            data = {**data, "UserData": parse_user_data(user_data)}
        return original(self, data, description)

    LaunchTemplate.create_version = create_version


def update_methods_and_integrations() -> None:
    """UpdateMethod and UpdateIntegration, which moto does not have: Terraform makes them when a method or a template changes."""
    from moto.apigateway.responses import APIGatewayResponse

    if hasattr(APIGatewayResponse, "update_integration"):
        return not_needed("update_methods_and_integrations")

    def patch(thing, operations):
        for operation in operations:
            name, *entry = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
            attribute = re.sub("([A-Z])", r"_\1", name).lower().replace("behavior", "behaviour")
            value = operation.get("value")
            if entry:
                value = {**(getattr(thing, attribute) or {}), entry[0]: value}
                if operation["op"] == "remove":
                    del value[entry[0]]
            elif isinstance(getattr(thing, attribute), bool):
                value = value == "true"
            setattr(thing, attribute, value)
        return json.dumps(thing.to_json())

    def patching(find):
        def update(self):
            _, _, api, _, resource, _, method, *_ = self.path.split("/")
            return patch(getattr(self.backend, find)(api, resource, method), self._get_param("patchOperations"))

        return update

    APIGatewayResponse.update_method = patching("get_method")
    APIGatewayResponse.update_integration = patching("get_integration")


def escape_resource_policies() -> None:
    """API Gateway gives a resource policy as the inside of a JSON string, slashes escaped too; moto gives the policy, which the provider
    cannot read (flattenAPIPolicy in its rest_api.go says how it comes)."""
    from moto.apigateway.models import RestAPI

    original = RestAPI.to_dict
    if "self.PROP_POLICY: self.policy," not in inspect.getsource(original):
        return not_needed("escape_resource_policies")

    def to_dict(self):
        policy = self.policy and json.dumps(self.policy)[1:-1].replace("/", r"\/")
        return {**original(self), self.PROP_POLICY: policy}

    RestAPI.to_dict = to_dict


def write_items_one_at_a_time() -> None:
    """Each write of DynamoDB is atomic; moto's threads read and write an item side by side, so that updates are lost and conditions hold for two."""
    from moto.dynamodb.models import DynamoDBBackend

    writes = ("put_item", "update_item", "delete_item", "transact_write_items")
    if "lock" in inspect.getsource(DynamoDBBackend.update_item):
        return not_needed("write_items_one_at_a_time")
    lock = threading.RLock()

    def alone(write):
        @functools.wraps(write)
        def one_at_a_time(*args, **kwargs):
            with lock:
                return write(*args, **kwargs)

        return one_at_a_time

    for name in writes:
        setattr(DynamoDBBackend, name, alone(getattr(DynamoDBBackend, name)))


def tag_images_only() -> None:
    """CreateImage tags the image and its snapshots; moto refuses tags for snapshots, which are left out here."""
    from moto.ec2.models import EC2Backend

    original = EC2Backend.create_image
    if "NotImplementedError" not in inspect.getsource(original):
        return not_needed("tag_images_only")

    def create_image(self, instance_id, name, description, tag_specifications):
        of_image = [given for given in tag_specifications if given["ResourceType"] != "snapshot"]
        return original(self, instance_id, name, description, of_image)

    EC2Backend.create_image = create_image


def end_with_standard_input() -> None:
    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    end_with_standard_input()
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    for repair in (
        give_single_values,
        refuse_illegal_names,
        name_nameless_executions,
        keep_mixed_policy,
        launch_later_versions,
        update_methods_and_integrations,
        escape_resource_policies,
        write_items_one_at_a_time,
        tag_images_only,
    ):
        repair()

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=MotoRequestHandler)
    # The interpreter calls other services through this port.
    os.environ["MOTO_PORT"] = str(server.port)
    print(json.dumps({"port": server.port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
