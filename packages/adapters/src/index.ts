export { AdapterSet } from './adapter-set.js';
export { recordVersion } from './adapter-record.js';
export type { AdapterRecord } from './adapter-record.js';
export {
  adapterFile,
  adapterRecordFile,
  applyAdapter,
  headFile,
  loadAdapter,
  readAdapter,
  saveAdapter,
} from './checkpoint.js';
export type { LoadedAdapter, SaveOptions, StoredAdapter } from './checkpoint.js';
export type { FileIdentity } from './file-identity.js';
export { decompose, foldComponents, residualWeight, svdTolerance } from './components.js';
export type { Decomposition } from './components.js';
export { ImportanceAverage } from './importance.js';
export type { ImportanceOptions, ScoredPart } from './importance.js';
export { AdaptableLayer, pairVariables, weightedRows } from './adaptable-layer.js';
export type { LowRankPair, WeightOrder } from './adaptable-layer.js';
export { Embedding } from './embedding.js';
export { baseIdentity } from './base-identity.js';
export type { BaseIdentity } from './base-identity.js';
export { adaptLayersModel } from './layers-model/adapt.js';
export type { LayersModelOptions } from './layers-model/adapt.js';
export type { AdaptedLayersModel } from './layers-model/adapted-layers-model.js';
export { modelFolder } from './layers-model/model-folder.js';
export { Dense } from './layers-model/dense.js';
export { Linear } from './linear.js';
export { mergedParameters } from './merged-parameters.js';
export type { AdaloraOptions } from './methods/adalora.js';
export type { BudgetPhases } from './methods/adalora-schedule.js';
export { ApcaMethod } from './methods/apca.js';
export type { ApcaOptions } from './methods/apca.js';
export { selectionNames } from './methods/selection.js';
export type { GraphOptions, SelectionName } from './methods/selection.js';
export { attachMethod, checkPlan, methodOptionNames, restoreMethod } from './methods/attach.js';
export type { MethodOptions } from './methods/attach.js';
export type { MethodDefinition } from './methods/definition.js';
export type { LoraOptions } from './methods/lora.js';
export type { NoOptions } from './methods/parameter-subset.js';
export type { PissaOptions } from './methods/pissa.js';
export { countTrainables, methodNames } from './methods/method.js';
export type {
  Allocation,
  AttachedMethod,
  GraphFit,
  LowRankDelta,
  MethodName,
  MethodState,
  Reallocation,
  StateOrigin,
  Trainable,
  TrainableCounts,
  TrainedMethod,
  TrainingPlan,
} from './methods/method.js';
export { noProgress } from './methods/progress.js';
export type { MethodProgress, ProgressTensor } from './methods/progress.js';
export type { AdaptableModel, DropoutSource, TrainableModel } from './model.js';
export type { Parameter, ParameterRole } from './parameter.js';
export { requireNewFolder, writeNewFolder } from './new-folder.js';
export { listNodes } from './node.js';
export type { AllocationNode, BiasNode, ComponentNode, NodeId, NodeOptions } from './node.js';
export type { NamePattern } from './name-pattern.js';
export { exportPeft } from './peft/export.js';
export type { PeftExportOptions } from './peft/export.js';
export { importPeft } from './peft/import.js';
export type { ImportedPeft } from './peft/import.js';
export { defaultSitePatterns, findSites, rankSites } from './site.js';
export type { LayerRange, RankedSite, RankRule, SiteOptions } from './site.js';
export { firstTrainedStage, isStaged } from './staged-model.js';
export type { Stage, StagedModel } from './staged-model.js';
export { assignValues, readFlat, readTensor } from './tensor-data.js';
export type { TensorData } from './tensor-data.js';
