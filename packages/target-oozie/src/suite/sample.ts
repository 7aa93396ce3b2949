import { parseXml, type XmlDocument } from "../xml/index.ts"

/** A workflow with every kind of node: what histories begin with. */
export const sampleWorkflow: XmlDocument = parseXml(`<?xml version="1.0" encoding="UTF-8"?>
<workflow-app xmlns="uri:oozie:workflow:0.5" name="sales-\${day}">
  <parameters>
    <property><name>queue</name><value>default</value></property>
    <property><name>day</name></property>
  </parameters>
  <start to="prepare"/>
  <!-- Yesterday's output goes first. -->
  <action name="prepare">
    <fs><delete path="\${nameNode}/out/\${day}"/><mkdir path="\${nameNode}/out/\${day}"/></fs>
    <ok to="split"/><error to="fail"/>
  </action>
  <fork name="split"><path start="load"/><path start="count"/></fork>
  <action name="load">
    <shell xmlns="uri:oozie:shell-action:0.3">
      <exec>load.sh</exec><argument>\${day}</argument><argument>a &lt; b</argument><file>load.sh</file><capture-output/>
    </shell>
    <ok to="meet"/><error to="fail"/>
  </action>
  <action name="count">
    <java><main-class>example.Count</main-class><arg>--day</arg><arg>\${day}</arg></java>
    <ok to="meet"/><error to="fail"/>
  </action>
  <join name="meet" to="enough"/>
  <decision name="enough">
    <switch>
      <case to="tell">\${wf:actionData('load')['rows'] gt 100}</case>
      <default to="end"/>
    </switch>
  </decision>
  <action name="tell">
    <email xmlns="uri:oozie:email-action:0.2"><to>team@example.org</to><subject>Sales</subject><body>Done.</body></email>
    <ok to="end"/><error to="fail"/>
  </action>
  <kill name="fail"><message>It failed: \${wf:errorMessage(wf:lastErrorNode())}</message></kill>
  <end name="end"/>
</workflow-app>
`)
