import { errorXml, responseXml } from '../../../rehearsal/auto-scaling/xml.ts';

const open = '<DescribeXResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">';
const close = '<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DescribeXResponse>';

describe('an answer in XML', () => {
  it('writes lists, moments, numbers and flags as the Query protocol does, and leaves out what is not there', () => {
    const result = { List: [{ Name: 'a' }, 'b'], Empty: [], At: new Date(0), Count: 0, No: false, Gone: undefined };
    expect(responseXml('DescribeX', result, 'id')).toBe(
      open +
        '<DescribeXResult><List><member><Name>a</Name></member><member>b</member></List><Empty></Empty>' +
        '<At>1970-01-01T00:00:00.000Z</At><Count>0</Count><No>false</No></DescribeXResult>' +
        close,
    );
  });

  it('has no result element for an operation without output', () => {
    expect(responseXml('DescribeX', undefined, 'id')).toBe(open + close);
    expect(responseXml('DescribeX', {}, 'id')).toBe(open + '<DescribeXResult></DescribeXResult>' + close);
  });

  it('escapes what would be markup, in answers and in errors', () => {
    expect(responseXml('DescribeX', { Value: 'a<b>&amp;\r' }, 'id')).toContain(
      '<Value>a&lt;b&gt;&amp;amp;&#xD;</Value>',
    );
    expect(errorXml({ status: 400, type: 'Sender', code: 'ValidationError', message: "'<>'" }, 'id')).toBe(
      '<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">' +
        "<Error><Type>Sender</Type><Code>ValidationError</Code><Message>'&lt;&gt;'</Message></Error>" +
        '<RequestId>id</RequestId></ErrorResponse>',
    );
  });

  it('refuses what XML cannot say', () => {
    expect(() => responseXml('DescribeX', { Value: () => 1 }, 'id')).toThrow('its value is a function');
  });
});
