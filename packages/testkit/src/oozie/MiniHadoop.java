import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.hdfs.server.namenode.NameNodeAdapter;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * One JVM with a NameNode, a DataNode (WebHDFS on) and, where ports for it are given, a ResourceManager and a NodeManager.
 *
 * <p>Arguments: folder, NameNode's RPC port, its HTTP port, and none or five ports of the ResourceManager. Says
 * "hadoop ready, control on port N" when it can be used; POST /safemode/enter and /safemode/leave go to that port.
 */
public final class MiniHadoop {
  public static void main(String[] args) throws Exception {
    Path dir = Path.of(args[0]).toAbsolutePath();
    int rpcPort = Integer.parseInt(args[1]);
    Configuration conf = new YarnConfiguration();
    MiniDFSCluster dfs = startHdfs(conf, dir, rpcPort, Integer.parseInt(args[2]));
    layOut(dfs.getFileSystem(), System.getProperty("sharelib", ""));
    if (args.length > 3) startYarn(conf, rpcPort, args);
    HttpServer control = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    control.createContext("/safemode/", exchange -> {
      if (exchange.getRequestURI().getPath().endsWith("/enter")) NameNodeAdapter.enterSafeMode(dfs.getNameNode(), false);
      else NameNodeAdapter.leaveSafeMode(dfs.getNameNode());
      exchange.sendResponseHeaders(204, -1);
      exchange.close();
    });
    control.start();
    System.out.println("hadoop ready, control on port " + control.getAddress().getPort());
    Thread.currentThread().join();
  }

  private static MiniDFSCluster startHdfs(Configuration conf, Path dir, int rpcPort, int httpPort) throws Exception {
    String me = System.getProperty("user.name");
    conf.set("hadoop.proxyuser." + me + ".hosts", "*");
    conf.set("hadoop.proxyuser." + me + ".groups", "*");
    conf.set("hadoop.http.staticuser.user", me);
    conf.set("dfs.namenode.http-bind-host", "127.0.0.1");
    conf.setInt("dfs.replication", 1);
    conf.setBoolean("dfs.permissions.enabled", true);
    conf.setBoolean("dfs.webhdfs.enabled", true);
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, dir.resolve("dfs").toString());
    boolean fresh = !Files.isDirectory(dir.resolve("dfs/name-0-1"));
    MiniDFSCluster dfs = new MiniDFSCluster.Builder(conf)
        .nameNodePort(rpcPort).nameNodeHttpPort(httpPort)
        .numDataNodes(1).storagesPerDatanode(1)
        .format(fresh).startupOption(null)
        .build();
    dfs.waitActive();
    return dfs;
  }

  /** What an installation has from its setup: folders for everybody, and Oozie's share lib. */
  private static void layOut(FileSystem fs, String sharelib) throws Exception {
    for (String name : new String[] {"/tmp", "/user", "/apps"}) {
      org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(name);
      fs.mkdirs(path);
      fs.setPermission(path, new FsPermission((short) 01777));
    }
    String me = System.getProperty("user.name");
    org.apache.hadoop.fs.Path root = new org.apache.hadoop.fs.Path("/user/" + me + "/share/lib");
    if (sharelib.isEmpty() || fs.exists(root)) return;
    org.apache.hadoop.fs.Path lib = new org.apache.hadoop.fs.Path(root, "lib_20200101000000");
    fs.mkdirs(lib);
    for (File folder : new File(sharelib).listFiles(File::isDirectory)) {
      fs.copyFromLocalFile(new org.apache.hadoop.fs.Path(folder.getPath()), lib);
    }
  }

  private static void startYarn(Configuration hdfs, int rpcPort, String[] args) throws Exception {
    YarnConfiguration conf = new YarnConfiguration(hdfs);
    conf.set("fs.defaultFS", "hdfs://127.0.0.1:" + rpcPort);
    conf.setBoolean(YarnConfiguration.YARN_MINICLUSTER_FIXED_PORTS, true);
    conf.set("yarn.resourcemanager.hostname", "127.0.0.1");
    conf.set("yarn.resourcemanager.address", "127.0.0.1:" + args[3]);
    conf.set("yarn.resourcemanager.scheduler.address", "127.0.0.1:" + args[4]);
    conf.set("yarn.resourcemanager.resource-tracker.address", "127.0.0.1:" + args[5]);
    conf.set("yarn.resourcemanager.admin.address", "127.0.0.1:" + args[6]);
    conf.set("yarn.resourcemanager.webapp.address", "127.0.0.1:" + args[7]);
    conf.set("yarn.resourcemanager.scheduler.class",
        "org.apache.hadoop.yarn.server.resourcemanager.scheduler.fifo.FifoScheduler");
    conf.setInt("yarn.scheduler.minimum-allocation-mb", 128);
    conf.setInt("yarn.nodemanager.resource.memory-mb", 4096);
    conf.setBoolean("yarn.nodemanager.vmem-check-enabled", false);
    conf.setBoolean("yarn.nodemanager.pmem-check-enabled", false);
    conf.setFloat("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", 99.9f);
    conf.set(YarnConfiguration.YARN_APPLICATION_CLASSPATH, System.getProperty("app.classpath"));
    MiniYARNCluster yarn = new MiniYARNCluster("yarn", 1, 1, 1);
    yarn.init(conf);
    yarn.start();
    yarn.waitForNodeManagersToConnect(30_000);
  }
}
