import { BlockList, isIPv6 } from 'node:net';

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether an address is in one of the CIDR blocks (or addresses) of a policy's `aws:SourceIp`. */
export function sourceIpCheck(cidrs: readonly string[]): (address: string) => boolean {
  // One list for each family: a BlockList finds every IPv4 address in ::/0, by its IPv4-mapped form.
  const allowed = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const cidr of cidrs) {
    const [network = '', length] = cidr.split('/');
    const family = familyOf(network);
    allowed[family].addSubnet(network, Number(length ?? (family === 'ipv6' ? 128 : 32)), family);
  }
  return (address) => allowed[familyOf(address)].check(address, familyOf(address));
}
