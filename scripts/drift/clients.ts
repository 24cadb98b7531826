/** A client that a provider publishes, and the models in it that `src/providers/` reads or the scripts in `docs/examples/deploy/` use. */
export interface Client {
  readonly registry: 'npm' | 'pypi';
  readonly name: string;
  /** The folder in the package that the files of `models` are in. */
  readonly folder: string;
  /** File, name and, for a model of which only these are read, its fields. Endpoints: only the files. */
  readonly models: readonly string[];
  /** How the models are written. */
  readonly form: 'python' | 'typescript' | 'endpoints';
}

const RETELL_AGENT = 'agent_id agent_name version is_published response_engine last_modification_timestamp';
const ELEVENLABS_AGENT = 'agent_id name branch_id version_id main_branch_id platform_settings';
const ELEVENLABS_TURN = 'role message tool_calls tool_results';

/** PyPI is ahead of npm at Retell, Vapi and ElevenLabs. Bland publishes no types, only a command line. */
export const CLIENTS: readonly Client[] = [
  {
    registry: 'pypi',
    name: 'retell-sdk',
    folder: 'retell/types',
    form: 'python',
    models: [
      'batch_test_response BatchTestResponse',
      'batch_test_response ResponseEngineResponseEngineRetellLm',
      'batch_test_response ResponseEngineResponseEngineConversationFlow',
      'batch_test_response ResponseEngineResponseEngineCustomLm',
      'test_case_job_response TestCaseJobResponse',
      'test_case_definition_response TestCaseDefinitionResponse test_case_definition_id name metrics type response_engine user_modified_timestamp',
      'test_list_test_runs_response TestListTestRunsResponse',
      'test_list_batch_tests_response TestListBatchTestsResponse',
      'test_list_test_case_definitions_response TestListTestCaseDefinitionsResponse',
      'test_create_batch_test_params TestCreateBatchTestParams',
      'test_list_test_runs_params TestListTestRunsParams',
      `agent_response AgentResponse ${RETELL_AGENT} base_version`,
      'agent_list_versions_response Item',
      'agent_create_version_params AgentCreateVersionParams',
      'agent_delete_version_params AgentDeleteVersionParams',
      'llm_response LlmResponse llm_id version is_published last_modification_timestamp',
      'conversation_flow_response ConversationFlowResponse conversation_flow_id version last_modification_timestamp',
    ],
  },
  {
    registry: 'npm',
    name: 'retell-sdk',
    folder: 'resources',
    form: 'typescript',
    models: [
      'tests BatchTestResponse',
      'tests TestCaseJobResponse',
      'tests TestListTestRunsResponse',
      'tests TestListBatchTestsResponse',
      'tests TestCreateBatchTestParams',
      `agent AgentResponse ${RETELL_AGENT}`,
    ],
  },
  {
    registry: 'npm',
    name: 'bland-cli',
    folder: 'dist',
    form: 'endpoints',
    models: ['commands/test.js', 'commands/pathway.js', 'mcp/server.js'],
  },
  {
    registry: 'pypi',
    name: 'vapi-server-sdk',
    folder: 'vapi/types',
    form: 'python',
    models: [
      'create_simulation_run_response CreateSimulationRunResponse',
      'simulation_run SimulationRun',
      'simulation_run_status SimulationRunStatus',
      'simulation_run_item SimulationRunItem',
      'simulation_run_item_status SimulationRunItemStatus',
      'simulation_run_item_counts SimulationRunItemCounts',
      'simulation_run_item_metadata SimulationRunItemMetadata',
      'simulation_run_item_results SimulationRunItemResults',
      'structured_output_evaluation_result StructuredOutputEvaluationResult',
      'simulation_run_list_item SimulationRunListItem',
      'simulation_runs_paginated_response SimulationRunsPaginatedResponse',
      'simulation_run_target SimulationRunTarget_Assistant',
      'simulation_run_target SimulationRunTarget_Squad',
      'simulation_run_transport_configuration_provider SimulationRunTransportConfigurationProvider',
      'simulation_run_payment_required_response_reason SimulationRunPaymentRequiredResponseReason',
      'simulation_concurrency_response SimulationConcurrencyResponse',
      'simulation Simulation',
      'simulation_suite SimulationSuite',
    ],
  },
  {
    registry: 'npm',
    name: '@vapi-ai/server-sdk',
    folder: 'dist/cjs/api/types',
    form: 'typescript',
    models: [
      'SimulationRun SimulationRun',
      'SimulationRunStatus SimulationRunStatus',
      'SimulationRunItem SimulationRunItem',
      'SimulationRunItemStatus SimulationRunItemStatus',
      'SimulationRunItemCounts SimulationRunItemCounts',
      'StructuredOutputEvaluationResult StructuredOutputEvaluationResult',
    ],
  },
  {
    registry: 'pypi',
    name: 'elevenlabs',
    folder: 'elevenlabs/types',
    form: 'python',
    models: [
      'get_test_suite_invocation_response_model GetTestSuiteInvocationResponseModel',
      'unit_test_run_response_model UnitTestRunResponseModel',
      'conversation_charging_common_model ConversationChargingCommonModel llm_price',
      'test_run_status TestRunStatus',
      'test_condition_result_common_model TestConditionResultCommonModel',
      'test_condition_rationale_common_model TestConditionRationaleCommonModel',
      'triggered_guardrail_common_model TriggeredGuardrailCommonModel',
      `conversation_history_transcript_common_model_output ConversationHistoryTranscriptCommonModelOutput ${ELEVENLABS_TURN}`,
      'conversation_history_transcript_common_model_output_role ConversationHistoryTranscriptCommonModelOutputRole',
      'get_test_invocations_page_response_model GetTestInvocationsPageResponseModel',
      'test_invocation_summary_response_model TestInvocationSummaryResponseModel',
      'get_tests_page_response_model GetTestsPageResponseModel',
      'unit_test_summary_response_model UnitTestSummaryResponseModel',
      'attached_test_model AttachedTestModel',
      `get_agent_response_model GetAgentResponseModel ${ELEVENLABS_AGENT}`,
      'list_response_agent_branch_summary ListResponseAgentBranchSummary',
      'agent_branch_summary AgentBranchSummary id name is_archived current_live_percentage',
      'create_agent_branch_response_model CreateAgentBranchResponseModel',
    ],
  },
  {
    registry: 'npm',
    name: '@elevenlabs/elevenlabs-js',
    folder: 'serialization/types',
    form: 'typescript',
    models: [
      'GetTestSuiteInvocationResponseModel GetTestSuiteInvocationResponseModel',
      'UnitTestRunResponseModel UnitTestRunResponseModel',
      'TestRunStatus TestRunStatus',
      'TestConditionResultCommonModel TestConditionResultCommonModel',
      'TestInvocationSummaryResponseModel TestInvocationSummaryResponseModel',
    ],
  },
];
