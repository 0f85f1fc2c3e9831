import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** Reads a JSON text of each line, in base64, and writes it again in the same way; or a dash where it is refused. */
final class JsonEcho {
    private JsonEcho() { }

    public static void main(String[] arguments) throws IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            try {
                String json = Json.write(Json.readObject(Base64.getDecoder().decode(line)));
                out.println(Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8)));
            } catch (Json.Malformed error) {
                out.println("-");
            }
        }
    }
}
