import fc from 'fast-check';
import { MalformedBody } from '../../../rehearsal/api-gateway/json-document.ts';
import { type MappingTemplate, renderMappingTemplate } from '../../../rehearsal/api-gateway/mapping-template.ts';
import { requestTemplate, responseTemplate } from '../../../stacks/templates/mapping-templates.ts';
import { describeWith } from '../../support/tools.ts';
import {
  javaForVelocity,
  type Judgement,
  startVelocity,
  type Velocity,
  velocityVersions,
} from '../../support/velocity.ts';
import {
  demandCorpus,
  demandStatuses,
  filterCorpus,
  forgivenBodies,
  requestCorpus,
  responseCorpus,
  wantedStatuses,
} from './corpus.ts';
import { allowed } from './allowed-patterns.ts';
import { generatedCalls } from './generated-calls.ts';
import { generatedFilters } from './generated-filters.ts';
import { generatedName, patternLikeText } from './generated-patterns.ts';
import { decodeRequest, expectHarmless, requestFor } from './rendered-request.ts';
import { wanted } from './wanted.ts';

const arn = 'arn:aws:states:eu-north-1:111122223333:stateMachine:glab-runner-dev';
const request = requestTemplate(wanted(wantedStatuses));
const stageVariables = { arn };

/** velocityjs' answer in the judge's words. */
function byVelocityjs(given: MappingTemplate): Judgement {
  try {
    return renderMappingTemplate(given);
  } catch (error) {
    if (error instanceof MalformedBody) return { malformed: expect.any(String) as string };
    throw error;
  }
}

describe.each(velocityVersions)('Apache Velocity %s', (version) => {
  describeWith(javaForVelocity(), 'as the judge of the templates', (java) => {
    let velocity: Velocity;
    beforeAll(async () => {
      velocity = await startVelocity(java, version);
    }, 180_000);
    afterAll(() => velocity.close());

    const agree = async (given: MappingTemplate): Promise<Judgement> => {
      const judgement = await velocity.render(given);
      expect(judgement).toEqual(byVelocityjs(given));
      return judgement;
    };

    it.each(requestCorpus.map((one) => [one.title, one] as const))(
      'renders the same text as velocityjs of %s',
      async (_title, { becomes, ...call }) => {
        const judgement = await agree({ ...call, template: request, stageVariables });
        if (becomes === 'malformed') expect(judgement).toHaveProperty('malformed');
        else expect(decodeRequest('text' in judgement ? judgement.text : '')).toEqual(requestFor(arn, becomes));
      },
    );

    it.each(responseCorpus.map((one) => [one.title, one] as const))(
      'renders the same answer as velocityjs to %s',
      async (_title, { body }) => {
        await agree({ template: responseTemplate(), body });
      },
    );

    it.each(demandCorpus.map((one) => [one.title, one] as const))(
      'renders the same text as velocityjs for the demand strategy of %s',
      async (_title, { becomes, ...call }) => {
        const template = requestTemplate(wanted(demandStatuses));
        const judgement = await agree({ ...call, template, stageVariables });
        const text = 'text' in judgement ? judgement.text : '';
        expect(decodeRequest(text)).toEqual(requestFor(arn, becomes as Exclude<typeof becomes, 'malformed'>));
      },
    );

    it.each(filterCorpus.map((one) => [one.title, one] as const))(
      'renders the same text as velocityjs with the filter %s',
      async (_title, { filters, becomes, ...call }) => {
        const template = requestTemplate(wanted(wantedStatuses, filters));
        const judgement = await agree({ ...call, template, stageVariables });
        expect(decodeRequest('text' in judgement ? judgement.text : '')).toEqual(requestFor(arn, becomes));
      },
    );

    it('agrees with velocityjs, and with the design, on 3,000 generated filters', async () => {
      await fc.assert(
        fc.asyncProperty(generatedFilters(wantedStatuses), async ({ filters, call, passes }) => {
          const template = requestTemplate(wanted(wantedStatuses, filters));
          const judgement = await agree({ ...call, template, stageVariables });
          const expected = requestFor(arn, passes ? call.becomes : 'ignored');
          expect(decodeRequest('text' in judgement ? judgement.text : '')).toEqual(expected);
        }),
        { numRuns: 3000 },
      );
    }, 120_000);

    it('takes every pattern that the variable allows, whatever else is tried, and reads it as velocityjs does', async () => {
      const tried = fc.sample(patternLikeText, { numRuns: 4000 });
      const lets = await allowed(tried);
      const patterns = tried.filter((_, place) => lets[place]);
      expect(patterns.length).toBeGreaterThan(500);
      expect(patterns.length).toBeLessThan(3000);
      const names = fc.sample(generatedName, { numRuns: 20 });
      const headers = [['X-Gitlab-Token', 'x']] as const;
      for (const jobNamePattern of patterns) {
        const template = requestTemplate(wanted(wantedStatuses, { jobNamePattern }));
        const name = names[jobNamePattern.length % names.length];
        const body = JSON.stringify({ object_kind: 'build', build_status: 'pending', build_name: name });
        expect(await agree({ template, stageVariables, body, headers })).toHaveProperty('text');
      }
    }, 120_000);

    it('agrees with velocityjs, and with the design, on 2,000 generated calls', async () => {
      await fc.assert(
        fc.asyncProperty(generatedCalls(wantedStatuses), async ({ becomes, ...call }) => {
          const judgement = await agree({ ...call, template: request, stageVariables });
          expect(decodeRequest('text' in judgement ? judgement.text : '')).toEqual(requestFor(arn, becomes));
        }),
        { numRuns: 2000 },
      );
    }, 120_000);

    it.each(forgivenBodies)('refuses, or passes nothing but known words and digits of %s', async (body) => {
      const headers = [['X-Gitlab-Token', 'x']] as const;
      const judgement = await velocity.render({ template: request, stageVariables, body, headers });
      if (!('malformed' in judgement)) expectHarmless('text' in judgement ? judgement.text : '', 'x');
    });

    it('prints numbers, lists and maps as velocityjs is made to print them', async () => {
      const values = ['1', '-0', '1.0', '0.001', '0.0001', '1e7', '9999999.5', '1e400', '-1e400', '1.5e300', '0.5e-300']
        .concat(['123456789012345678901', '1.2345678901234567890', '12345678901234567.0e1', '0.00000000000000000001'])
        .concat([
          '1234567890123456789e-30',
          '-1234567890123456.5E-20',
          '100000000000000000000e0',
          '1000000000000000000e+5',
        ])
        .concat(['true', '[]', '{}', '[1,"a",{"c":null}]', '{"a":[1,2],"b":{"c":true,"d":null}}', '"é\\"\\u2028"']);
      for (const value of values) {
        await agree({
          template: '$input.path("$.v")|$input.path("$")|#set($v = $input.path("$.v"))$v',
          body: `{"v":${value}}`,
        });
      }
    });
  });
});
