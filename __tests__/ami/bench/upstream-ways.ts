/** Upstream's way of watching over an instance and of booting one, written from its behaviour: what it runs, and how often. */

/** Every ten seconds: the metrics by curl, two values by awk, two calls of the AWS CLI. */
export const monitorJobs = `
while true; do
  metrics=$(curl -s --max-time 5 "$METRICS_URL")
  limit=$(echo "$metrics" | awk '/^gitlab_runner_concurrent/ {print $2}')
  running=$(echo "$metrics" | awk '/^gitlab_runner_jobs[{]executor_stage/ {sum += $2} END {print sum}')
  now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
  aws cloudwatch put-metric-data --metric-name JOB_CONCURRENCY --namespace "$ASG" --value "\${limit:-0}" --dimensions InstanceId=i-0,InstanceType=m5.large --timestamp "$now"
  aws cloudwatch put-metric-data --metric-name JOBS_RUNNING --namespace "$ASG" --value "\${running:-0}" --dimensions InstanceId=i-0,InstanceType=m5.large --timestamp "$now"
  sleep 10
done
`;

/** Every five seconds: the lifecycle state and the Spot notice by curl. */
export const lifecycleCheck = `
token=$(curl -s -X PUT "$IMDS/latest/api/token" -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600')
while true; do
  curl -s -o /dev/null -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/meta-data/autoscaling/target-lifecycle-state"
  curl -s -o /dev/null -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/meta-data/spot/instance-action"
  sleep 5
done
`;

/** Ansible on the instance: facts, the configuration from a template, the runner, its port. */
export const bootPlay = (folder: string, runner: string, port: number): string => `---
- hosts: localhost
  connection: local
  gather_facts: true
  tasks:
    - name: Render the configuration
      ansible.builtin.copy:
        content: "{{ lookup('ansible.builtin.file', '${folder}/given.toml') }}"
        dest: ${folder}/config.toml
        mode: '0600'
    - name: Start the runner
      ansible.builtin.shell: "nohup ${runner} run --config ${folder}/config.toml --working-directory ${folder} > ${folder}/runner.log 2>&1 & echo $! > ${folder}/pid"
    - name: Wait for its metrics
      ansible.builtin.wait_for:
        port: ${port}
`;
