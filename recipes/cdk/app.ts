// Deploys the pipeline from a CDK app. `make build` makes the template and the code.
import path from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { CfnFunction, CfnLayerVersion, CfnStateMachine } from "aws-cdk-lib/aws-sam";
import { CfnInclude } from "aws-cdk-lib/cloudformation-include";

const app = new App();
const stack = new Stack(app, "nemo-video");
const templateFile: string = app.node.getContext("template");
const pipeline = new CfnInclude(stack, "Pipeline", {
  templateFile,
  parameters: app.node.getContext("parameters"),
});

// CDK uploads what SAM would upload: each folder once.
const assets = new Map<string, Asset>();
function uploaded(uri: unknown): { bucket: string; key: string } {
  const source = path.resolve(path.dirname(templateFile), uri as string);
  const asset = assets.get(source) ?? new Asset(stack, `Asset${assets.size}`, { path: source });
  assets.set(source, asset);
  return { bucket: asset.s3BucketName, key: asset.s3ObjectKey };
}

for (const resource of pipeline.node.findAll()) {
  if (resource instanceof CfnFunction) resource.codeUri = uploaded(resource.codeUri);
  if (resource instanceof CfnLayerVersion) resource.contentUri = uploaded(resource.contentUri);
  if (resource instanceof CfnStateMachine) resource.definitionUri = uploaded(resource.definitionUri);
}
