import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.jayway.jsonpath.Configuration;
import com.jayway.jsonpath.InvalidJsonException;
import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.PathNotFoundException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import net.minidev.json.JSONStyle;
import net.minidev.json.JSONValue;
import org.apache.commons.lang.StringEscapeUtils;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;

/**
 * Renders API Gateway mapping templates with Apache Velocity. One JSON object a line in
 * ({template, body, headers: [[name, value]], stageVariables}), one a line out ({text, status} or {malformed} or {error}).
 */
public class Render {
  private static final ObjectMapper LINES = new ObjectMapper();
  private static final Configuration JSON = Configuration.defaultConfiguration();

  /** $input as the API Gateway developer guide describes it. */
  public static class Input {
    private final String body;
    private final Map<String, String> headers;
    private Object document;
    private boolean parsed;

    Input(String body, Map<String, String> headers) {
      this.body = body;
      this.headers = headers;
    }

    public Object path(String path) {
      if (!parsed) {
        document = JSON.jsonProvider().parse(body.isBlank() ? "{}" : body);
        parsed = true;
      }
      if (document == null) return "";
      try {
        Object found = JsonPath.compile(path).read(document, JSON);
        return found == null ? "" : found;
      } catch (PathNotFoundException missing) {
        return "";
      }
    }

    public String json(String path) {
      return JSONValue.toJSONString(path(path), JSONStyle.LT_COMPRESS);
    }

    public String getBody() {
      return body;
    }

    public Map<String, Map<String, String>> params() {
      return Map.of("header", headers, "path", new LinkedHashMap<>(), "querystring", new LinkedHashMap<>());
    }

    public String params(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  /** The part of $util that our templates use. */
  public static class Util {
    public String escapeJavaScript(String text) {
      return StringEscapeUtils.escapeJavaScript(text);
    }
  }

  private static Map<String, String> strings(JsonNode object) {
    Map<String, String> strings = new LinkedHashMap<>();
    object.fields().forEachRemaining(field -> strings.put(field.getKey(), field.getValue().asText()));
    return strings;
  }

  private static Map<String, String> headers(JsonNode pairs) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (JsonNode pair : pairs) headers.put(pair.get(0).asText(), pair.get(1).asText());
    return headers;
  }

  private static Map<String, Object> answer(VelocityEngine engine, JsonNode ask) {
    Map<String, Object> answer = new LinkedHashMap<>();
    Map<String, Object> override = new LinkedHashMap<>();
    override.put("header", new LinkedHashMap<>());
    Map<String, Object> gateway = new LinkedHashMap<>();
    gateway.put("responseOverride", override);
    VelocityContext context = new VelocityContext();
    context.put("input", new Input(ask.get("body").asText(), headers(ask.get("headers"))));
    context.put("util", new Util());
    context.put("stageVariables", strings(ask.get("stageVariables")));
    context.put("context", gateway);
    try {
      StringWriter text = new StringWriter();
      engine.evaluate(context, text, "template", ask.get("template").asText());
      answer.put("text", text.toString());
      if (override.containsKey("status")) answer.put("status", override.get("status"));
    } catch (Throwable thrown) {
      boolean malformed = false;
      for (Throwable cause = thrown; cause != null; cause = cause.getCause()) malformed |= cause instanceof InvalidJsonException;
      answer.put(malformed ? "malformed" : "error", thrown.toString());
    }
    return answer;
  }

  public static void main(String[] none) throws Exception {
    LINES.configure(JsonGenerator.Feature.ESCAPE_NON_ASCII, true);
    VelocityEngine engine = new VelocityEngine();
    // Velocity 1.7 would write a velocity.log into the working folder; 2.4 does not know the property.
    engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
    engine.init();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, "UTF-8");
    for (String line; (line = in.readLine()) != null; ) out.println(LINES.writeValueAsString(answer(engine, LINES.readTree(line))));
  }
}
