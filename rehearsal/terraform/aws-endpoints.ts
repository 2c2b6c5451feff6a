import aslValidator from 'asl-validator';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The image that the AMI lookup of an offline plan finds. */
export interface PlannedImage {
  readonly imageId: string;
  readonly rootDeviceName: string;
  /** Size of the root snapshot in GiB. */
  readonly volumeSize: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AwsEndpoints {
  readonly url: string;
  /** Calls that nothing here answers, for the message of a plan that failed. */
  readonly unanswered: readonly string[];
  /** The parameters of each DescribeImages call. */
  readonly imageQueries: readonly URLSearchParams[];
  close(): Promise<void>;
}

/**
 * The two calls that the AWS provider makes while it plans, on loopback: ec2:DescribeImages for the AMI lookup and
 * states:ValidateStateMachineDefinition. The second is answered by asl-validator, so an invalid definition fails the plan
 * here as it does against AWS.
 */
export async function startAwsEndpoints(image: PlannedImage): Promise<AwsEndpoints> {
  const unanswered: string[] = [];
  const imageQueries: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const target = request.headers['x-amz-target'];
      const query = new URLSearchParams(target === undefined ? body : '');
      if (target === 'AWSStepFunctions.ValidateStateMachineDefinition') {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(validation(body));
      } else if (query.get('Action') === 'DescribeImages') {
        imageQueries.push(query);
        response.writeHead(200, { 'content-type': 'text/xml' }).end(describeImages(image));
      } else if (query.get('Action') === 'GetInstanceUefiData') {
        // The AMI lookup asks for it of every image; EC2 refuses, and the provider goes on.
        response.writeHead(400, { 'content-type': 'text/xml' }).end(unsupported);
      } else {
        unanswered.push(String(target ?? query.get('Action') ?? `${request.method} ${request.url}`));
        response.writeHead(400, { 'content-type': 'text/plain' }).end('not part of an offline plan');
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unanswered,
    imageQueries,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

const unsupported =
  '<Response><Errors><Error><Code>UnsupportedOperation</Code><Message>no UEFI data</Message></Error></Errors><RequestID>offline</RequestID></Response>';

function validation(body: string): string {
  const { definition } = JSON.parse(body) as { definition: string };
  const { isValid, errors } = aslValidator(JSON.parse(definition));
  return JSON.stringify({
    result: isValid ? 'OK' : 'FAIL',
    diagnostics: errors.map((error) => ({
      severity: 'ERROR',
      code: error['Error code'],
      message: error.Message ?? JSON.stringify(error),
    })),
    truncated: false,
  });
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
function describeImages({ imageId, rootDeviceName, volumeSize, tags }: PlannedImage): string {
  const tagSet = Object.entries(tags)
    .map(([key, value]) => `<item><key>${escapeXml(key)}</key><value>${escapeXml(value)}</value></item>`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>offline</requestId><imagesSet><item>
<imageId>${imageId}</imageId><imageState>available</imageState><imageOwnerId>123456789012</imageOwnerId><isPublic>false</isPublic>
<architecture>x86_64</architecture><imageType>machine</imageType><name>offline</name><creationDate>2026-01-01T00:00:00.000Z</creationDate>
<rootDeviceType>ebs</rootDeviceType><rootDeviceName>${escapeXml(rootDeviceName)}</rootDeviceName><virtualizationType>hvm</virtualizationType>
<blockDeviceMapping><item><deviceName>${escapeXml(rootDeviceName)}</deviceName><ebs><volumeSize>${volumeSize}</volumeSize><volumeType>gp3</volumeType><encrypted>false</encrypted><deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>
<tagSet>${tagSet}</tagSet></item></imagesSet></DescribeImagesResponse>`;
}
