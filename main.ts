import { App } from 'cdktf';
import { AutoscaledGitlabRunner } from './stacks/autoscaled-gitlab-runner.ts';
import { contextOfCdktfJson } from './stacks/context.ts';

const app = new App({ context: contextOfCdktfJson() });
new AutoscaledGitlabRunner(app, 'autoscaled-gitlab-runner');
app.synth();
