import { openLog } from '../../../ami/agent/log.ts';

const written = (level: 'debug' | 'info', write: (log: ReturnType<typeof openLog>) => void): readonly unknown[] => {
  const lines: string[] = [];
  write(openLog(level, { instanceId: 'i-me' }, { write: (line) => lines.push(line) }));
  return lines.map((line) => {
    expect(line).toMatch(/^\{[^\n]*\}\n$/);
    return JSON.parse(line) as unknown;
  });
};

it('writes one JSON object a line, with a constant notice and facts as fields', () => {
  expect(written('info', (log) => log.warn({ step: 'fence', why: 'a\nb "c"' }, 'step failed'))).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      instanceId: 'i-me',
      step: 'fence',
      why: 'a\nb "c"',
      notice: 'step failed',
    },
  ]);
});

it('leaves out what is below its level', () => {
  const all = (log: ReturnType<typeof openLog>): void => {
    log.debug({}, 'one');
    log.info({}, 'two');
    log.error({}, 'three');
  };
  expect(written('info', all)).toHaveLength(2);
  expect(written('debug', all)).toHaveLength(3);
});
