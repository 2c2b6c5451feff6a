"""A moto server on a free port of 127.0.0.1, with the Step Functions interpreter on and known faults of moto 5.2.5 repaired.

Prints one line of JSON, {"port": N}, when it listens. Ends when its standard input ends: so it never outlives the test that holds
the other end, not even when that is killed. Each repair warns on standard error when moto no longer has what it repairs.
"""

import inspect
import json
import os
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


def end_with_standard_input() -> None:
    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    end_with_standard_input()
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    for repair in (give_single_values, name_nameless_executions, keep_mixed_policy):
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
