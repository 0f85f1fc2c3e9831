import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Collections;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Has examples/java/Entitlements.java do what the lines of the standard input say, by a clock of its own. */
final class Driver {
    public static void main(String[] arguments) throws Exception {
        var passed = new AtomicLong();
        var client = new Entitlements(arguments[0], System.getenv("API_TOKEN"), () -> System.nanoTime() + passed.get());
        var threads = Executors.newFixedThreadPool(8);
        Future<String> started = null;
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = lines.readLine()) != null; ) {
            String[] words = line.split(" ");
            String answer = "done";
            switch (words[0]) {
                case "get" -> answer = get(client, words[1]);
                case "many" -> {
                    Callable<String> one = () -> get(client, words[1]);
                    var different = new TreeSet<String>();
                    for (Future<String> each : threads.invokeAll(Collections.nCopies(8, one))) different.add(each.get());
                    answer = String.join(",", different);
                }
                case "start" -> started = threads.submit(() -> get(client, words[1]));
                case "end" -> answer = started.get();
                case "forget" -> client.forget(words[1]);
                case "pass" -> passed.addAndGet(TimeUnit.SECONDS.toNanos(Long.parseLong(words[1])));
                default -> throw new IllegalArgumentException(line);
            }
            System.out.println(answer);
        }
        threads.shutdown();
    }

    private static String get(Entitlements client, String instance) throws InterruptedException {
        try {
            return (String) client.get(instance).get("access");
        } catch (Entitlements.UnknownInstance error) {
            return "unknown";
        } catch (Entitlements.Unavailable error) {
            return "away";
        }
    }
}
