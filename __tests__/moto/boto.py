"""AWS operations through boto3: one line of JSON on standard input for each call, one line on standard output for each answer.

usage: boto.py ENDPOINT_URL REGION. Lists come whole, however many pages they have. Ends with its standard input.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

endpoint, region = sys.argv[1:]
session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)
clients = {}


def call(service: str, operation: str, parameters: dict) -> dict:
    client = clients.get(service) or clients.setdefault(service, session.client(service, endpoint_url=endpoint))
    if client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**parameters).build_full_result()
    return getattr(client, operation)(**parameters)


for line in sys.stdin:
    try:
        answer = {"result": call(**json.loads(line))}
    except ClientError as error:
        answer = {"error": error.response["Error"]}
    except Exception as error:
        answer = {"error": {"Code": type(error).__name__, "Message": str(error)}}
    print(json.dumps(answer, default=str), flush=True)
