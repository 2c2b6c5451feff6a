/** Who signed a request for a service, or what is wrong with it. */
export type Signer = { readonly accessKeyId: string } | 'unsigned' | 'incomplete';

/**
 * Reads the header of a Signature Version 4. Any key and any signature will do, but an unsigned request will not, nor one that was signed for
 * another service (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
export function signerOf(authorization: string | undefined, service: string): Signer {
  if (authorization === undefined) return 'unsigned';
  const [, accessKeyId, signedFor] =
    /^AWS4-HMAC-SHA256 .*\bCredential=([^/,\s]+)\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization) ?? [];
  const isSigned = /\bSignature=[0-9a-f]+/.test(authorization) && /\bSignedHeaders=\S+/.test(authorization);
  return isSigned && accessKeyId !== undefined && signedFor === service ? { accessKeyId } : 'incomplete';
}
