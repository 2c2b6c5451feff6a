import { App } from 'cdktf';
import { AutoscaledGitlabRunner } from './stacks/autoscaled-gitlab-runner.ts';

const app = new App();
new AutoscaledGitlabRunner(app, 'autoscaled-gitlab-runner');
app.synth();
